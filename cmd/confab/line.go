package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"confab/internal/confab"
	"confab/internal/line"
	"confab/internal/speech"
)

// lineGrace is how long requests may take to end after a signal. A switch gives
// a document no longer than this to come.
const lineGrace = 15 * time.Second

type lineCmd struct {
	HTTP     string     `name:"http" default:"127.0.0.1:8090" env:"CONFAB_HTTP" help:"Address and port to listen on."`
	Token    string     `name:"auth-token" placeholder:"TOKEN" env:"CONFAB_AUTH_TOKEN" help:"AuthToken of the account whose calls come here: it signs the requests. Better given by environment than as a flag."`
	Unsigned bool       `help:"Take requests from anybody, when there is no AuthToken."`
	Public   string     `name:"public-url" placeholder:"URL" env:"CONFAB_PUBLIC_URL" help:"URL under which the switch reaches this line, if a proxy stands between, such as https://line.example.com."`
	LogLevel slog.Level `default:"INFO" env:"CONFAB_LOG_LEVEL" help:"What is logged to standard error: DEBUG, INFO, WARN or ERROR."`
	Data     string     `default:"./data" env:"CONFAB_DATA" help:"Directory in which the rooms are kept."`
}

// Help is what follows the summary in the command's help.
func (lineCmd) Help() string {
	return "An ordinary TwiML application: point a number's voice URL at /voice of it, here or at Twilio. " +
		"Its rooms are those of `confab room --data DIR`, and are changed over HTTP below /line/v1/ " +
		"by who gives the AuthToken as the password; with --unsigned nobody may."
}

// Run serves the line until ctx ends.
func (l *lineCmd) Run(ctx context.Context, t terminal) (err error) {
	if l.Token == "" && !l.Unsigned {
		return errors.New("line: no AuthToken, so anybody could send requests: give it with CONFAB_AUTH_TOKEN, or say --unsigned")
	}
	if err := confab.ValidURL(l.Public); err != nil {
		return fmt.Errorf("line: public-url: %w", err)
	}
	log := slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: l.LogLevel}))
	rooms, err := line.OpenRooms(ctx, l.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rooms.Close()) }()
	app, err := line.New(line.Config{Rooms: rooms, Token: l.Token, Unsigned: l.Unsigned, Public: l.Public, Log: log})
	if err != nil {
		return err
	}
	speak, err := speakPrompts(ctx, filepath.Join(l.Data, "speech"), log)
	if err != nil {
		return err
	}
	rest, err := line.NewAPI(line.APIConfig{Rooms: rooms, Token: l.Token, Speak: speak, Log: log})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle(line.Root, rest)
	mux.Handle("/", app)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", l.HTTP)
	if err != nil {
		return fmt.Errorf("line: listen on %s: %w", l.HTTP, err)
	}
	fmt.Fprintf(t.out, "The line answers on http://%s/voice\n", listener.Addr())
	return confab.ServeHTTP(ctx, listener, confab.Recover(mux, log), nil, lineGrace, log)
}

// speakPrompts returns what speaks the line's prompts for who listens to them
// beforehand; nil when nothing here can speak.
func speakPrompts(ctx context.Context, cache string, log *slog.Logger) (func(context.Context, string, string, string) ([]byte, error), error) {
	engine, err := speech.Find(ctx)
	if errors.Is(err, speech.ErrNoEngine) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	speaker, err := speech.New(speech.Config{Engine: engine, CacheDir: cache, Log: log})
	if err != nil {
		return nil, err
	}
	return confab.SpeakWAV(speaker), nil
}
