package transcript

import (
	"fmt"
	"net/url"
	"strings"
)

// field is what a request must say: "Name=value", where value may hold "*" for
// anything; "Name=@ann", a call, a caller or a conference by its name in the
// transcript; "Name", to be there and not empty; "!Name", not to be there.
type field struct {
	name  string
	value string
	kind  fieldKind
}

type fieldKind int

const (
	isValue fieldKind = iota
	isNamed
	isThere
	isAbsent
)

func parseField(w string) (field, error) {
	name, value, has := strings.Cut(w, "=")
	f := field{name: name, value: value}
	switch {
	case strings.HasPrefix(name, "!") && !has:
		f.name, f.kind = name[1:], isAbsent
	case !has:
		f.kind = isThere
	case strings.HasPrefix(value, "@"):
		f.value, f.kind = value[1:], isNamed
		if !isName(f.value) {
			return f, fmt.Errorf("%s: %q is no name", name, f.value)
		}
	}
	if f.name == "" || strings.Trim(f.name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return f, fmt.Errorf("%q is no field: want Name=value, Name=@name, Name or !Name", w)
	}
	return f, nil
}

// String writes the field as parseField reads it.
func (f field) String() string {
	switch f.kind {
	case isNamed:
		return f.name + "=@" + f.value
	case isThere:
		return f.name
	case isAbsent:
		return "!" + f.name
	}
	if f.value == "" {
		return f.name + "="
	}
	return f.name + "=" + quote(f.value)
}

// matches reports whether the parameters of a request are as f says.
func (f field) matches(n names, params url.Values) bool {
	got := params[f.name]
	switch f.kind {
	case isAbsent:
		return len(got) == 0
	case isThere:
		return len(got) == 1 && got[0] != ""
	case isNamed:
		return len(got) == 1 && n.means(f, got[0])
	}
	return len(got) == 1 && glob(f.value, got[0])
}

// names knows whom the names in a transcript stand for.
type names interface {
	// means reports whether value is what the name of f stands for.
	means(f field, value string) bool
	// nameOf returns the name that stands for value in a field, if one does.
	nameOf(f field, value string) (name string, ok bool)
}

// glob reports whether s fits pattern, in which "*" is anything.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}
