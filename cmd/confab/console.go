package main

import (
	"context"
	"fmt"
	"net/netip"

	"confab/internal/console"
	"confab/internal/contract"
	"confab/internal/store"
)

type consoleCmd struct {
	Role    string `default:"administer" enum:"look,moderate,administer" placeholder:"ROLE" help:"What it lets do: look, moderate (act on calls and conferences as well) or administer (everything)."`
	HTTP    string `default:"127.0.0.1:8080" placeholder:"ADDR" env:"CONFAB_HTTP" help:"Address and port that the server listens on for HTTP."`
	Link    string `placeholder:"URL" help:"Where the server is reached from the browser, when that is elsewhere: https://phone.example.com."`
	dataDir `embed:""`
}

// Help is what follows the summary in the command's help.
func (consoleCmd) Help() string {
	return "The link signs in once, within ten minutes. What makes it one stands behind its #, which browsers send to nobody."
}

// Run prints a link.
func (c *consoleCmd) Run(ctx context.Context, t terminal) error {
	return c.withRecords(ctx, func(records *store.Records) error {
		token, err := console.NewLink(ctx, records, contract.Role(c.Role))
		if err != nil {
			return err
		}
		base := c.Link
		if base == "" {
			base = "http://" + reachedHere(c.HTTP)
		}
		fmt.Fprintln(t.out, console.LinkURL(base, token))
		return nil
	})
}

// reachedHere is where a server that listens on an address is reached from this
// machine.
func reachedHere(address string) string {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !a.Addr().IsUnspecified() {
		return address
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port()).String()
}
