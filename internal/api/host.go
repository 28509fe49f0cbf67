package api

import (
	"context"
	"net/http"
	"net/netip"
)

// Host is what somebody needs to know of this host who is to call it.
type Host struct {
	// Number reaches the built-in line; empty: none does.
	Number string `json:"number"`
	// Code is one that everybody may know: that of a sample room; empty: there is
	// none.
	Code string `json:"code"`
	SIP  SIP    `json:"sip"`
	// Origin is where the console is opened on this machine.
	Origin string `json:"origin"`
	// Program is how the program is called that was started.
	Program string `json:"program"`
}

// SIP is where telephones reach this host.
type SIP struct {
	Addresses []netip.Addr `json:"addresses"`
	Port      uint16       `json:"port"`
	// Loopback: from this machine only.
	Loopback   bool     `json:"loopback"`
	Transports []string `json:"transports"`
	Codecs     []string `json:"codecs"`
}

// host tells how to reach this host.
func (e *Events) host(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	if err := q.done(); err != nil {
		return err
	}
	told := Host{SIP: SIP{Addresses: []netip.Addr{}, Transports: []string{}, Codecs: []string{}}}
	if e.cfg.Host != nil {
		var err error
		if told, err = e.cfg.Host(r.Context()); err != nil {
			return err
		}
	}
	send(w, http.StatusOK, told)
	return nil
}

// HostFunc finds out what there is to know of this host.
type HostFunc func(context.Context) (Host, error)
