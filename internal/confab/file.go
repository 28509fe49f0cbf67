package confab

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
)

// ReadFile reads a configuration file on top of the defaults. What it does not
// name keeps its default; a key that does not exist is an error that says the
// line. The values are not checked further: see Config.Validate.
func ReadFile(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	c := Default()
	var keys map[string]any
	if yaml.Unmarshal(text, &keys) == nil && len(keys) == 0 {
		return c, nil // nothing but comments; decoding it would clear c
	}
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.DisallowUnknownField()); err != nil {
		return Config{}, fmt.Errorf("configuration %s%s", path, place(err))
	}
	return c, nil
}

// place puts the parser's error on one line: ":3: unknown field "foo"".
func place(err error) string {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return ": " + first
	}
	return fmt.Sprintf(":%d: %s", y.GetToken().Position.Line, y.GetMessage())
}
