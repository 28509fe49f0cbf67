package twiml

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Client is the noun by which a Dial calls a browser, or whatever else has
// registered under an identity (Twilio <Client>).
type Client struct {
	Identity   string      // 1 to 256 characters
	Parameters []Parameter // custom parameters, in order

	URL    string // relative to the document; empty: the called hears nothing of its own
	Method string // GET or POST

	StatusCallback       string   // relative to the document; empty: nowhere
	StatusCallbackEvents []string // in the order given, each once; none: completed
	StatusCallbackMethod string   // GET or POST
}

// Parameter is what a called client is told besides (Twilio <Parameter>).
type Parameter struct{ Name, Value string }

// maxClients is how many can be dialled at once (Twilio <Dial>: ten).
const maxClients = 10

// maxIdentity is the longest identity, in characters (Twilio <Client>: 256).
const maxIdentity = 256

// progressEvents are the words of statusCallbackEvent.
var progressEvents = []string{"initiated", "ringing", "answered", "completed"}

func newClient(identity string) *Client {
	return &Client{Identity: identity, Method: POST, StatusCallbackMethod: POST}
}

// client reads a Client; nil when it names nobody who could be called.
func (p *parser) client(e *element) *Client {
	a := p.attributes(e)
	c := &Client{
		Identity: e.text(),
		URL:      a.url("url", codeSchema),
		Method:   a.method("method", codeSchema),

		StatusCallback:       a.url("statusCallback", codeSchema),
		StatusCallbackEvents: a.keywords("statusCallbackEvent", codeSchema, nil, progressEvents...),
		StatusCallbackMethod: a.method("statusCallbackMethod", codeSchema),
	}
	if a.text("clientNotificationUrl") != "" {
		// Deviation (Twilio <Client> clientNotificationUrl): there is no push service
		// to be told that a client should wake up.
		a.bad(codeSchema, "clientNotificationUrl of <Client> is told of no call here")
	}
	a.done()
	e.elements(func(child *element) {
		switch child.name {
		case "Identity":
			p.attributes(child).done()
			c.Identity = child.text()
			p.noElements(child)
		case "Parameter":
			c.Parameters = append(c.Parameters, p.parameter(child))
		default:
			p.unexpected(child, "Client")
		}
	})
	if !ClientIdentity(c.Identity) {
		a.bad(codeDialNumber, "<Client> has no identity of 1 to %d characters without spaces and delimiters: %s", maxIdentity, show(c.Identity))
		return nil
	}
	return c
}

func (p *parser) parameter(e *element) Parameter {
	a := p.attributes(e)
	name, _ := a.raw("name")
	value, _ := a.raw("value")
	a.done()
	p.noText(e)
	p.noElements(e)
	return Parameter{name, value}
}

// ClientIdentity reports whether a client may be called by that name: 1 to 256
// characters, none of which is a control, a space, a delimiter or "unwise" (Twilio
// <Client>; RFC 2396 §2.4.3).
func ClientIdentity(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= maxIdentity && utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune("<>#%\"{}|\\^[]`?", r)
	})
}

func (c *Client) element() *element {
	e := &element{name: "Client"}
	e.putText("url", c.URL, "")
	e.putText("method", c.Method, POST)
	e.putText("statusCallback", c.StatusCallback, "")
	e.putWords("statusCallbackEvent", c.StatusCallbackEvents, nil, " ")
	e.putText("statusCallbackMethod", c.StatusCallbackMethod, POST)
	if len(c.Parameters) == 0 {
		e.content(c.Identity)
		return e
	}
	identity := &element{name: "Identity"}
	identity.content(c.Identity)
	e.add(identity)
	for _, p := range c.Parameters {
		child := &element{name: "Parameter"}
		child.put("name", p.Name)
		child.put("value", p.Value)
		e.add(child)
	}
	return e
}
