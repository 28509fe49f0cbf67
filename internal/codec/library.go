//go:build linux && (amd64 || arm64) && !noopus

package codec

import (
	"fmt"

	"github.com/ebitengine/purego"
)

// symbol is a function that a library of the system's has, and where its address is
// wanted.
type symbol struct {
	name string
	at   *uintptr
}

// openLibrary loads the library of that file name and finds the symbols.
func openLibrary(file string, symbols ...symbol) error {
	handle, err := purego.Dlopen(file, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return err
	}
	for _, s := range symbols {
		if *s.at, err = purego.Dlsym(handle, s.name); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}
