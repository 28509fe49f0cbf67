package api_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
)

func TestPage_envelope(t *testing.T) {
	d := newDesk(t, nil)
	for n := range 5 {
		d.append(t, callEvent(callN(n, contract.CallRinging)))
	}
	list := own + "/Calls.json"
	first := d.get(t, list+"?PageSize=2&Status=ringing")
	if got := numbers(t, first, "calls"); got != "43" {
		t.Fatalf("first page: %q", got)
	}
	delete(first, "calls")
	next, _ := first["next_page_uri"].(string)
	want := map[string]any{"page": 0., "page_size": 2., "start": 0., "end": 1.,
		"uri": list + "?Status=ringing&PageSize=2&Page=0", "first_page_uri": list + "?Status=ringing&PageSize=2&Page=0",
		"next_page_uri": next, "previous_page_uri": nil}
	if d := cmp.Diff(want, first); d != "" {
		t.Errorf("envelope: want (-), got (+):\n%s", d)
	}
	if !strings.HasPrefix(next, list+"?Status=ringing&PageSize=2&Page=1&PageToken=PA") {
		t.Fatalf("next: %q", next)
	}
	// Newer ones do not move the place where the next page begins.
	d.append(t, callEvent(callN(5, contract.CallRinging)), callEvent(callN(6, contract.CallRinging)))
	second := d.get(t, next)
	if got := numbers(t, second, "calls"); got != "21" || second["page"] != 1. || second["start"] != 2. || second["end"] != 3. || second["uri"] != next {
		t.Errorf("second page: %q in %v", got, second)
	}
	last := d.get(t, second["next_page_uri"].(string))
	if got := numbers(t, last, "calls"); got != "0" || last["next_page_uri"] != nil || last["end"] != 4. {
		t.Errorf("last page: %q in %v", got, last)
	}
	back := d.get(t, second["previous_page_uri"].(string))
	if got := numbers(t, back, "calls"); got != "43" || back["page"] != 0. || back["next_page_uri"] == nil || back["previous_page_uri"] == nil {
		t.Errorf("back: %q in %v", got, back)
	}
	if got := numbers(t, d.get(t, list+"?PageSize=3&Page=1"), "calls"); got != "321" {
		t.Errorf("by number: %q", got)
	}
	empty := d.get(t, list+"?Status=queued")
	if empty["end"] != 0. || empty["next_page_uri"] != nil || empty["page_size"] != 50. || len(empty["calls"].([]any)) != 0 {
		t.Errorf("empty: %v", empty)
	}
}

func TestPage_XML(t *testing.T) {
	d := newDesk(t, nil)
	for n := range 3 {
		d.append(t, callEvent(callN(n, contract.CallRinging)))
	}
	w := d.ask(t, "GET", own+"/Calls?PageSize=2", nil)
	var got struct {
		XMLName xml.Name `xml:"TwilioResponse"`
		Calls   struct {
			Page     string  `xml:"page,attr"`
			Size     string  `xml:"pagesize,attr"`
			End      string  `xml:"end,attr"`
			Next     string  `xml:"nextpageuri,attr"`
			Previous *string `xml:"previouspageuri,attr"`
			Call     []struct{ Sid string }
		}
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	c := got.Calls
	if c.Page != "0" || c.Size != "2" || c.End != "1" || c.Previous == nil || *c.Previous != "" || len(c.Call) != 2 || c.Call[0].Sid != sid("CA", 2) ||
		!strings.HasPrefix(c.Next, own+"/Calls?PageSize=2&Page=1&PageToken=PA") {
		t.Errorf("got %+v of %s", c, w.Body)
	}
}

func TestPage_refusals(t *testing.T) {
	d := newDesk(t, nil)
	for query, code := range map[string]float64{
		"PageSize=1001": 20007, "PageSize=0": 20001, "PageSize=-1": 20001, "PageSize=ten": 20001, "PageSize=99999999999999999999": 20001,
		"Page=-1": 20001, "Page=99999999999": 20001, "Page=x": 20001, "PageToken=x": 20001, "PageToken=PA": 20001,
		"PageToken=PAzzzzzzzzzzzzzzzzCA1": 20001, "PageToken=PX0000000000000001CA1": 20001, "PageToken=PA" + strings.Repeat("0", 80): 20001,
		"PageSize=10&PageSize=20": 20001, "Status=odd": 20001, "StartTime=yesterday": 20001, "StartTime=2026-13-01": 20001, "a=%zz": 20001, "a;b": 20001, "Status=%ff": 20001,
	} {
		if got := decode(t, d.ask(t, "GET", own+"/Calls.json?"+query, nil), 400); got["code"] != code {
			t.Errorf("%s: got %v, want %v", query, got, code)
		}
	}
	if got := d.get(t, own+"/Calls.json?PageSize=1000"); got["page_size"] != 1000. {
		t.Errorf("got %v", got)
	}
	// A page far behind the last is empty, not an error.
	if got := d.get(t, own+"/Calls.json?PageSize=1000&Page=1000000"); len(got["calls"].([]any)) != 0 {
		t.Errorf("got %v", got)
	}
}

// A list is walked to its end by next_page_uri alone, as the SDKs do.
func TestPage_walk(t *testing.T) {
	d := newDesk(t, nil)
	var events []contract.Event
	for n := range 25 {
		c := callN(n, contract.CallCompleted)
		c.Created = noon // all at once
		events = append(events, callEvent(c))
	}
	d.append(t, events...)
	seen := map[string]int{}
	pages := 0
	for uri := own + "/Calls.json?PageSize=7"; uri != ""; pages++ {
		list := d.get(t, uri)
		for _, c := range list["calls"].([]any) {
			seen[c.(map[string]any)["sid"].(string)]++
		}
		uri, _ = list["next_page_uri"].(string)
	}
	if pages != 4 || len(seen) != 25 {
		t.Errorf("%d pages, %d calls", pages, len(seen))
	}
	for n := range 25 {
		if seen[sid("CA", n)] != 1 {
			t.Errorf("call %d came %d times", n, seen[sid("CA", n)])
		}
	}
}
