package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"confab/internal/confab"
	"confab/internal/contract"
	"confab/internal/store"
	"confab/internal/token"
)

type tokenCmd struct {
	Identity string            `required:"" placeholder:"NAME" help:"Who shows the token: it calls as client:NAME, and client:NAME calls it. Letters, digits and _ - . @ +, at most 121."`
	App      string            `placeholder:"SID" help:"The application (AP…) that answers its calls. None: the number called decides, as it does for a phone."`
	TTL      time.Duration     `default:"1h" help:"How long it is valid, at most 24h."`
	Incoming bool              `default:"true" negatable:"" help:"It may be called."`
	Outgoing bool              `default:"true" negatable:"" help:"It may call."`
	Param    map[string]string `placeholder:"KEY=VALUE" help:"Goes with each of its calls to the application."`
	JSON     bool              `name:"json" help:"Print the token, its identity and when it expires as JSON."`
	dataDir  `embed:""`
}

// Help is what follows the summary in the command's help.
func (tokenCmd) Help() string {
	return "A browser shows it when it connects (Device of @twilio/voice-sdk, the phone page). It is signed with an API key of the data " +
		"directory, named \"confab token\", which is made when there is none; to make all that it signed worthless, remove that key. " +
		"The token is a secret: it is printed alone, for a script to take."
}

// Run makes the token and prints it.
func (c *tokenCmd) Run(ctx context.Context, t terminal, file *confab.Config) error {
	if c.TTL <= 0 || c.TTL > token.MaxLifetime {
		return fmt.Errorf("--ttl: %v is not more than nothing and at most %v", c.TTL, token.MaxLifetime)
	}
	return c.withRecords(ctx, func(records *store.Records) error {
		account, err := records.Account(store.Account{SID: contract.AccountSID(file.Account.SID), AuthToken: file.Account.AuthToken})
		if err != nil {
			return err
		}
		made := token.Token{
			Account: account.SID, Identity: c.Identity, Incoming: c.Incoming, Outgoing: c.Outgoing,
			Application: contract.ApplicationSID(c.App), Params: c.Param, Expires: time.Now().Add(c.TTL).Truncate(time.Second),
		}
		if made.Application != "" {
			if _, ok, err := records.Application(ctx, made.Application); err != nil {
				return err
			} else if !ok {
				return fmt.Errorf("--app: there is no application %q", c.App)
			}
		}
		key, secret, err := records.TokenKey(ctx)
		if err != nil {
			return err
		}
		made.Key = key
		text, err := made.Sign(secret)
		if wrong := new(token.Error); errors.As(err, &wrong) {
			return errors.New(wrong.Message)
		} else if err != nil {
			return err
		}
		if !c.JSON {
			_, err = fmt.Fprintln(t.out, text)
			return err
		}
		return json.NewEncoder(t.out).Encode(map[string]any{"token": text, "identity": made.Identity, "expires": made.Expires.UTC()})
	})
}
