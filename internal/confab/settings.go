package confab

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Setting is one field of a Config by the names that it has outside: as a key
// of the file ("webhook.allow_private"), as a flag ("webhook-allow-private")
// and in the environment.
type Setting struct {
	Key, Flag, Env string
	Default, Help  string

	value reflect.Value
}

// Settings returns the fields of c that can be set by a single value, in the
// order of the struct. They are bound to c: Set changes it.
func Settings(c *Config) []Setting {
	return settings(nil, reflect.ValueOf(c).Elem(), "", "")
}

func settings(to []Setting, v reflect.Value, key, flag string) []Setting {
	for f := range v.Type().Fields() {
		name := f.Tag.Get("yaml")
		if name == "-" || f.Tag.Get("kong") == "-" {
			continue
		}
		field := v.FieldByIndex(f.Index)
		if _, ok := f.Tag.Lookup("embed"); ok {
			to = settings(to, field, key+name+".", flag+f.Tag.Get("prefix"))
			continue
		}
		s := Setting{Key: key + name, Flag: flag + f.Tag.Get("name"), Env: f.Tag.Get("env"),
			Default: f.Tag.Get("default"), Help: f.Tag.Get("help"), value: field}
		if s.Flag == flag {
			s.Flag += strings.ReplaceAll(name, "_", "-")
		}
		to = append(to, s)
	}
	return to
}

// String returns the value as Set reads it.
func (s Setting) String() string {
	if t, ok := s.value.Interface().(encoding.TextMarshaler); ok {
		text, err := t.MarshalText()
		if err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(s.value.Interface())
}

// Set gives the setting the value that text says.
func (s Setting) Set(text string) error {
	var err error
	switch p := s.value.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		err = p.UnmarshalText([]byte(text))
	case *string:
		*p = text
	case *int:
		*p, err = strconv.Atoi(text)
	case *bool:
		*p, err = strconv.ParseBool(text)
	case *time.Duration:
		*p, err = time.ParseDuration(text)
	default:
		err = fmt.Errorf("a %T cannot be set by a text", p)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Key, err)
	}
	return nil
}

// Default returns the configuration of a switch that was told nothing: what
// the default tags of Config say, and one number that goes to the built-in
// line.
func Default() Config {
	c := Config{Numbers: []Number{{Number: DefaultNumber, FriendlyName: "Conference line"}}}
	for _, s := range Settings(&c) {
		if err := s.Set(s.Default); err != nil {
			panic(fmt.Sprintf("confab: default of Config: %v", err)) // a slip in a tag, met by every test
		}
	}
	return c
}
