package api_test

import (
	"context"
	"net/netip"
	"net/url"
	"testing"

	"confab/internal/api"
	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/memnet"
)

// ringing is a far end that rings until it is hung up.
type ringing struct {
	leg.Leg // of the rest nothing is asked
	session *media.Session
	gone    chan struct{}
}

func (r *ringing) Info() leg.Info             { return leg.Info{From: "ann", To: "tea"} }
func (r *ringing) Session() *media.Session    { return r.session }
func (r *ringing) Ring(context.Context) error { return nil }
func (r *ringing) Done() <-chan struct{}      { return r.gone }
func (r *ringing) End() leg.End               { return leg.End{} }

func (r *ringing) Hangup(context.Context, contract.Cause) error {
	r.session.Close()
	close(r.gone)
	return nil
}

// patient lets calls ring until they end.
type patient chan *call.Call

func (p patient) ServeCall(ctx context.Context, c *call.Call) { p <- c; <-ctx.Done() }

// lost is a journal whose events never reach the records; and a book in which
// every number is.
type lost struct{}

func (lost) Append(contract.Event) contract.Pos { return 0 }
func (lost) Healthy() error                     { return nil }
func (lost) Number(context.Context, string) (contract.NumberInfo, bool, error) {
	return contract.NumberInfo{Number: "tea"}, true, nil
}

// A call that lives is as it is, whatever the records say; one that rings can be
// canceled.
func TestCall_liveBeatsItsRecord(t *testing.T) {
	came := make(patient)
	calls, err := call.New(call.Config{Account: account, Journal: lost{}, Numbers: lost{}, Handler: came})
	if err != nil {
		t.Fatal(err)
	}
	defer calls.Close()
	plane, err := media.New(media.Config{Bind: netip.MustParseAddr("127.0.0.1"), Loops: 1, ListenPacket: memnet.New().ListenPacket})
	if err != nil {
		t.Fatal(err)
	}
	defer plane.Close()
	session, err := plane.Open(media.SessionConfig{Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, func(c *api.Config) { c.Calls = calls })
	calls.Accept(&ringing{session: session, gone: make(chan struct{})})
	live := <-came

	at := own + "/Calls/" + string(live.SID()) + ".json"
	if got := d.get(t, at); got["status"] != "ringing" || got["date_updated"] != got["date_created"] {
		t.Errorf("without a record: %v", got)
	}
	stale := live.Info()
	stale.Status = contract.CallQueued
	d.append(t, callEvent(stale))
	if got := d.get(t, at); got["status"] != "ringing" {
		t.Errorf("fetched: %v", got["status"])
	}
	list := d.get(t, own+"/Calls.json")["calls"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["status"] != "ringing" {
		t.Errorf("listed: %v", list)
	}
	if list := d.get(t, own+"/Calls.json?Status=queued")["calls"].([]any); len(list) != 0 {
		t.Errorf("listed as queued: %v", list)
	}
	decode(t, d.ask(t, "POST", at, url.Values{"Status": {"canceled"}}), 200)
	<-live.Done()
	if got := live.Info().Status; got != contract.CallCanceled {
		t.Errorf("canceled: %v", got)
	}
}
