package webhook

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"confab/internal/contract"
)

// Config says how a Client reaches applications. Only Tokens is required.
type Config struct {
	// Tokens returns the secret that signs an account's requests. A request for
	// an account without one is refused.
	Tokens func(contract.AccountSID) (token string, ok bool)
	// Policy says which addresses may be dialled.
	Policy Policy
	// Dial makes the connection to an address that Policy allows; nil means
	// net.Dialer. It is always given a literal IP address and port.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Lookup resolves a host name; nil means net.DefaultResolver.LookupNetIP.
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	// Transport replaces the guarded transport as a whole. Nothing is checked
	// then but the scheme: for tests.
	Transport http.RoundTripper
	// Local are applications inside this process, by host name (without port),
	// spoken to in HTTP without a socket, and signed to like any other.
	Local map[string]http.Handler
	// Log gets requests at debug level; nil discards.
	Log *slog.Logger
}

// Client makes requests to applications. Its methods block until the answer
// has come whole; all may be called at any time from any goroutine.
type Client struct{}

// New returns a client. Close it.
func New(c Config) *Client { panic("unwritten") }

// Close waits for requests to in-process applications that outlived their
// callers and closes idle connections.
func (c *Client) Close() { panic("unwritten") }

// Panics returns how often an in-process application panicked. It was answered
// for with a 500 each time.
func (c *Client) Panics() int64 { panic("unwritten") }

// Request is a request for a document.
type Request struct {
	Account contract.AccountSID // whose token signs it
	URL     string              // absolute; its fragment overrides time limits and retries
	Method  string              // GET or POST; empty means POST
	Params  url.Values          // see CallParams; no name may be repeated

	FallbackURL    string // tried when URL gives no usable answer; may be empty
	FallbackMethod string // GET or POST; empty means POST

	Jar   http.CookieJar // cookies of the call (see NewJar); nil: none are kept
	Token string         // I-Twilio-Idempotency-Token; empty: one is made
}

// Response is an application's usable answer: status 2xx.
type Response struct {
	URL         *url.URL // what answered, after redirects: relative URLs are resolved against it
	Status      int
	ContentType string // as sent
	Body        []byte // at most MaxDocument bytes; may be empty
	// Failed says why Request.URL was not used, when FallbackURL answered.
	Failed *contract.Error
}

// MaxDocument is the largest body of a document, in bytes (Twilio error 11750).
const MaxDocument = 64 << 10

// NewJar returns a jar for the cookies of one call.
func NewJar() http.CookieJar { panic("unwritten") }

// Fetch asks an application for a document: r.URL, and when it gives no answer
// of status 2xx within its limits (15 s in total), r.FallbackURL with ErrorCode
// and ErrorUrl added. The error, always a *contract.Error, is that of the last
// URL asked. An empty body, or one of an unknown type, is no error here.
func (c *Client) Fetch(ctx context.Context, r Request) (*Response, error) { panic("unwritten") }

// Media is audio that a document names.
type Media struct {
	URL         *url.URL // what answered, after redirects
	ContentType string   // as sent
	Body        []byte
}

// FetchMedia gets a file of at most limit bytes by a plain GET, without
// parameters and unsigned (Twilio <Play>: "GET with none of the standard
// parameters"). The error is a *contract.Error.
func (c *Client) FetchMedia(ctx context.Context, rawURL string, limit int64) (*Media, error) {
	panic("unwritten")
}

// Tell sends a callback whose answer does not matter beyond its status, which
// must be 2xx. FallbackURL is not used. The error is a *contract.Error.
func (c *Client) Tell(ctx context.Context, r Request) error { panic("unwritten") }
