package transcript

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultNumber is the number of a file that names none.
const defaultNumber = "+15550100"

// Load reads the transcripts of a directory, in order of their names.
func Load(dir string) ([]*File, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no transcript in %s", dir)
	}
	var files []*File
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := Parse(strings.TrimSuffix(filepath.Base(name), ".txt"), string(text))
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// Parse reads a transcript. An error is an *Error.
func Parse(name, text string) (*File, error) {
	p := &parser{file: &File{Name: name, source: strings.Split(text, "\n")}}
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.file, nil
}

// parser goes through a file once, line by line.
type parser struct {
	file *File
	line int // number of the current line, from 1
}

func (p *parser) errorf(format string, args ...any) error {
	return &Error{File: p.file.Name, Line: p.line, Text: fmt.Sprintf(format, args...)}
}

// parse hands each line to the section that it belongs to.
func (p *parser) parse() error {
	section := p.preamble
	var end func() error
	timeline := false
	for _, line := range p.file.source {
		p.line++
		head, opens := strings.CutPrefix(line, "-- ")
		head, closes := strings.CutSuffix(head, " --")
		if !opens || !closes {
			if err := section(line); err != nil {
				return err
			}
			continue
		}
		if end != nil {
			if err := end(); err != nil {
				return err
			}
		}
		end = nil
		var err error
		switch head {
		case "numbers":
			section = p.inWords(p.number)
		case "config":
			section = p.inWords(p.setting)
		case "rooms":
			section = p.inWords(p.room)
		case "timeline":
			section, timeline = p.moment, true
		default:
			section, end, err = p.document(head)
		}
		if err != nil {
			return err
		}
	}
	if end != nil {
		if err := end(); err != nil {
			return err
		}
	}
	p.line = len(p.file.source)
	if !timeline {
		return p.errorf("no timeline: nothing would happen")
	}
	p.defaults()
	return nil
}

// defaults completes what a file need not say.
func (p *parser) defaults() {
	f := p.file
	f.ClockOnly = f.ClockOnly || len(f.Settings) > 0 // the other stage has one switch for all
	if len(f.Numbers) == 0 {
		n := Number{Number: defaultNumber}
		if len(f.Documents) > 0 {
			n.Voice = f.Documents[0].Link
		}
		f.Numbers = []Number{n}
	}
}

// preamble is what stands before the first section.
func (p *parser) preamble(line string) error {
	switch line = strings.TrimSpace(line); {
	case line == "" || line[0] == '#':
	case line == "stage: clock":
		p.file.ClockOnly = true
	default:
		return p.errorf("%q before the first section: neither a comment nor stage: clock", line)
	}
	return nil
}

// inWords is a section whose lines are words; empty ones are left out.
func (p *parser) inWords(parse func(words []string) error) func(string) error {
	return func(line string) error {
		steps, _, err := words(line)
		switch {
		case err != nil:
			return p.errorf("%v", err)
		case len(steps) == 0:
			return nil
		case len(steps) > 1:
			return p.errorf(`a ";" has no meaning here`)
		}
		return parse(steps[0])
	}
}

// number reads "+15550100 POST /voice fallback /sorry status GET /ended".
func (p *parser) number(w []string) error {
	n := Number{Number: w[0], Line: p.line}
	to := &n.Voice
	method, given := "", false
	for _, word := range w[1:] {
		switch {
		case word == "fallback":
			to = &n.Fallback
		case word == "status":
			to = &n.Status
		case word == "line":
			given = true
		case word == http.MethodGet || word == http.MethodPost:
			method = word
		case word[0] == '/':
			given = given || to == &n.Voice
			*to = Link{Method: method, Path: word}
			if method == "" {
				to.Method = http.MethodPost
			}
			method = ""
		default:
			return p.errorf("number %s: %q is no method, path, line, fallback or status", n.Number, word)
		}
	}
	if !given {
		return p.errorf("number %s: served by what? A path, or line", n.Number)
	}
	p.file.Numbers = append(p.file.Numbers, n)
	return nil
}

// setting reads "max_calls: 1".
func (p *parser) setting(w []string) error {
	key, ok := strings.CutSuffix(w[0], ":")
	if !ok || len(w) != 2 {
		return p.errorf("%q is not a key and a value, such as max_calls: 1", strings.Join(w, " "))
	}
	p.file.Settings = append(p.file.Settings, Setting{Key: key, Value: w[1], Line: p.line})
	return nil
}

// room reads `789 "tea room" language=de-DE greeting="Hello." closed`.
func (p *parser) room(w []string) error {
	if len(w) < 2 || strings.Trim(w[0], "0123456789") != "" {
		return p.errorf("%q is not a code and a name, such as 789 tea", strings.Join(w, " "))
	}
	r := Room{Code: w[0], Name: w[1], Line: p.line}
	for _, word := range w[2:] {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "language":
			r.Language = value
		case "greeting":
			r.Greeting = value
		case "closed":
			r.Closed = true
		case "moderator":
			r.PIN = value
		case "ends":
			r.Ends = true
		case "most":
			n, err := strconv.Atoi(value)
			if err != nil {
				return p.errorf("room %s: %q is no number of participants", r.Code, value)
			}
			r.Most = n
		default:
			return p.errorf("room %s: %q is no language, greeting, closed, moderator, ends or most", r.Code, word)
		}
	}
	p.file.Rooms = append(p.file.Rooms, r)
	return nil
}

// document reads the head of a section that the application serves: "POST
// /voice 500 text/plain after 2s Location=/there", "GET /chime.wav media". Its lines are the body.
func (p *parser) document(head string) (section func(string) error, end func() error, err error) {
	d := &Document{Status: http.StatusOK, Type: "text/xml", Header: http.Header{}, Line: p.line}
	steps, _, err := words(head)
	if err != nil || len(steps) != 1 {
		return nil, nil, p.errorf("%q is no section", head)
	}
	w := steps[0]
	if len(w) < 2 || !slices.Contains([]string{http.MethodGet, http.MethodPost}, w[0]) || w[1][0] != '/' {
		return nil, nil, p.errorf("%q is no section: want numbers, config, rooms, timeline, or GET or POST and a path", head)
	}
	d.Link = Link{Method: w[0], Path: w[1]}
	for i := 2; i < len(w); i++ {
		name, value, isHeader := strings.Cut(w[i], "=")
		status, notStatus := strconv.Atoi(w[i])
		switch {
		case notStatus == nil && status >= 200 && status < 600:
			d.Status = status
		case w[i] == "after" && i+1 < len(w):
			i++
			if d.After, err = time.ParseDuration(w[i]); err != nil {
				return nil, nil, p.errorf("after %s: not a time such as 2s", w[i])
			}
		case w[i] == "media":
			d.Media, d.Type = true, "audio/wav"
		case isHeader:
			d.Header.Add(name, value)
		case strings.Contains(w[i], "/"):
			d.Type = w[i]
		default:
			return nil, nil, p.errorf("%s %s: %q is no status, type, media, after or header", d.Method, d.Path, w[i])
		}
	}
	p.file.Documents = append(p.file.Documents, d)
	var body []string
	section = func(line string) error {
		body = append(body, line)
		return nil
	}
	end = func() error {
		d.Body = strings.TrimRight(strings.Join(body, "\n"), "\n ")
		if _, err := sound(d.Body); d.isSound() && d.Status < 300 && err != nil {
			return &Error{File: p.file.Name, Line: d.Line, Text: err.Error()}
		}
		return nil
	}
	return section, end, nil
}

// moment reads a line of the timeline: "1s ann says 440; host says 660".
func (p *parser) moment(line string) error {
	steps, _, err := words(line)
	if err != nil {
		return p.errorf("%v", err)
	}
	if len(steps) == 0 {
		return nil
	}
	m := moment{line: p.line}
	if first := steps[0][0]; first[0] >= '0' && first[0] <= '9' {
		if m.at, err = time.ParseDuration(first); err != nil {
			return p.errorf("%q is not a time such as 1.5s", first)
		}
		m.timed = true
		if n := len(p.file.timeline); n > 0 && m.at < p.file.timeline[n-1].at {
			return p.errorf("%v is before %v of the line above", m.at, p.file.timeline[n-1].at)
		}
		if steps[0] = steps[0][1:]; len(steps[0]) == 0 {
			steps = steps[1:]
		}
	} else if n := len(p.file.timeline); n > 0 {
		m.at = p.file.timeline[n-1].at
	}
	for _, w := range steps {
		s, err := parseStep(w)
		if err != nil {
			return p.errorf("%v", err)
		}
		if _, ok := s.(*expectPost); ok && len(steps) > 1 {
			return p.errorf("an expect stands alone on its line")
		}
		m.steps = append(m.steps, s)
	}
	p.file.timeline = append(p.file.timeline, m)
	return nil
}
