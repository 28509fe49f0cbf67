package main

import (
	"os"

	"confab/internal/confab"

	"github.com/alecthomas/kong"
)

// dataDir are the flags of the commands that work on a server's data, whether
// it runs or not.
type dataDir struct {
	File configFile `name:"config" placeholder:"FILE" env:"CONFAB_CONFIG" help:"The server's configuration file, if it has one."`
	Data string     `default:"./data" env:"CONFAB_DATA" help:"The server's data directory."`
}

// configFile is the flag that names the configuration file. What the file says
// stands in for the flags of a command that were neither given nor found in the
// environment.
type configFile string

// BeforeResolve reads the file into the *confab.Config that commands are given,
// and lets flags be resolved from it.
func (configFile) BeforeResolve(k *kong.Context, trace *kong.Path, into *confab.Config) error {
	path := string(k.FlagValue(trace.Flag).(configFile))
	c, err := confab.ReadFile(path)
	if err != nil {
		return configError{err}
	}
	*into = c
	values := map[string]string{}
	for _, s := range confab.Settings(into) {
		values[s.Flag] = s.String()
	}
	k.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if _, set := os.LookupEnv(name); set {
				return nil, nil // the environment beats the file
			}
		}
		if value, ok := values[flag.Name]; ok {
			return value, nil
		}
		return nil, nil
	}))
	return nil
}

// configError is an error in the file: the command line itself was understood.
type configError struct{ error }

func (e configError) Unwrap() error { return e.error }
