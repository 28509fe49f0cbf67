package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// titles are what the standards are about.
var titles = map[string]string{
	"RFC 1918": "private addresses", "RFC 2046": "multipart bodies", "RFC 2543": "SIP, as it was", "RFC 2833": "telephone-event, as it was",
	"RFC 3261": "SIP", "RFC 3262": "reliable provisional responses", "RFC 3264": "offer and answer", "RFC 3311": "UPDATE",
	"RFC 3515": "REFER", "RFC 3550": "RTP", "RFC 3551": "audio profile", "RFC 3581": "rport", "RFC 3605": "RTCP's port in SDP",
	"RFC 3711": "SRTP", "RFC 3966": "telephone numbers as URIs", "RFC 4193": "local IPv6 addresses", "RFC 4475": "SIP torture tests",
	"RFC 4566": "SDP, as it was", "RFC 4733": "telephone-event", "RFC 5214": "ISATAP addresses", "RFC 5407": "races in SIP",
	"RFC 5621": "bodies in SIP", "RFC 5626": "connections that clients open", "RFC 5761": "RTP and RTCP on one port",
	"RFC 6026": "INVITE transactions, corrected", "RFC 6052": "IPv4 within IPv6", "RFC 6464": "audio level", "RFC 6665": "events",
	"RFC 7235": "HTTP authentication", "RFC 7983": "demultiplexing", "RFC 8866": "SDP", "RFC 9110": "HTTP",
	"RFC 4145": "setup in SDP", "RFC 4568": "keys in SDP", "RFC 5245": "ICE, as it was", "RFC 5763": "DTLS-SRTP in SDP", "RFC 5764": "DTLS-SRTP",
	"RFC 5806": "Diversion", "RFC 6716": "Opus", "RFC 7064": "stun: URIs", "RFC 7065": "turn: URIs", "RFC 7515": "JSON Web Signature",
	"RFC 7518": "JSON Web Algorithms", "RFC 7519": "JSON Web Token", "RFC 7587": "Opus over RTP", "RFC 7675": "consent to be sent to",
	"RFC 7714": "AES-GCM in SRTP", "RFC 8122": "fingerprints in SDP", "RFC 4571": "frames on connections", "RFC 6544": "ICE over TCP", "RFC 8445": "ICE", "RFC 8489": "STUN", "RFC 8555": "ACME",
	"RFC 8725": "best practice for JSON Web Tokens", "RFC 8829": "offer and answer of browsers", "RFC 8839": "ICE in SDP",
}

// write makes the page.
func write(w io.Writer, all []citation) {
	fmt.Fprint(w, `# Conformance

Made by `+"`make conformance`"+` from the citations in the code; not to be edited.
Each row is a clause that some line obeys, where that line is, and the tests that
name the clause. Where the code differs from a clause it says "Deviation", and
the row does too.
`)
	standards := map[string]map[string][]citation{}
	for _, c := range all {
		if standards[c.standard] == nil {
			standards[c.standard] = map[string][]citation{}
		}
		standards[c.standard][c.clause] = append(standards[c.standard][c.clause], c)
	}
	for _, standard := range slices.SortedFunc(maps.Keys(standards), natural) {
		clauses := standards[standard]
		title := standard
		if t := titles[standard]; t != "" {
			title += ": " + t
		}
		fmt.Fprintf(w, "\n## %s\n\n| clause | code | test |\n|---|---|---|\n", escape(title))
		for _, name := range slices.SortedFunc(maps.Keys(clauses), natural) {
			fmt.Fprintf(w, "| %s | %s | %s |\n", clauseCell(name, clauses[name]), codeCell(clauses[name]), testCell(clauses[name]))
		}
	}
}

func clauseCell(name string, all []citation) string {
	if name == "" {
		name = "–"
	}
	if slices.ContainsFunc(all, func(c citation) bool { return c.deviation }) {
		name += " (deviation)"
	}
	return name
}

func codeCell(all []citation) string {
	places := map[string][]string{}
	for _, c := range all {
		if !c.test {
			places[c.file] = append(places[c.file], c.where)
		}
	}
	return cell(places)
}

func testCell(all []citation) string {
	places := map[string][]string{}
	for _, c := range all {
		if c.test {
			places[c.file] = append(places[c.file], c.where)
		}
	}
	return cell(places)
}

// cell lists files as links, with the declarations in each.
func cell(places map[string][]string) string {
	var parts []string
	for _, file := range slices.Sorted(maps.Keys(places)) {
		part := fmt.Sprintf("[%s](../%s)", strings.TrimPrefix(file, "internal/"), file)
		names := slices.DeleteFunc(places[file], func(s string) bool { return s == "" })
		slices.Sort(names)
		if names = slices.Compact(names); len(names) > 0 {
			part += " `" + strings.Join(names, "`, `") + "`"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "<br>")
}

func escape(s string) string { return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(s) }

// natural orders "§9.2" before "§10", and names by the alphabet.
func natural(a, b string) int {
	x, y := strings.FieldsFunc(path.Clean(a), split), strings.FieldsFunc(path.Clean(b), split)
	for i := range min(len(x), len(y)) {
		m, err := strconv.Atoi(x[i])
		n, err2 := strconv.Atoi(y[i])
		order := cmp.Compare(x[i], y[i])
		if err == nil && err2 == nil {
			order = cmp.Compare(m, n)
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

func split(r rune) bool { return strings.ContainsRune(" .§", r) }
