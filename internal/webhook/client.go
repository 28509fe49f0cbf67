package webhook

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"confab/internal/contract"
	"confab/internal/signature"
)

// MaxDocument is the largest body of a document, in bytes (Twilio error 11750).
const MaxDocument = 64 << 10

// MaxSound is the largest sound file, in bytes, whether a document names it or it
// is what stands in the place of one: 35 minutes of G.711.
const MaxSound = 16 << 20

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
	// Transport replaces the guarded transport as a whole, for tests: nothing is
	// checked then but the scheme. One that is not an *http.Transport is taken
	// to be connected at once.
	Transport http.RoundTripper
	// Local are applications inside this process, by host name (without port, in
	// lower case), spoken to in HTTP without a socket, and signed to like any
	// other.
	Local map[string]http.Handler
	// Log gets requests at debug level; nil discards.
	Log *slog.Logger
}

// Client makes requests to applications. Its methods block until the answer
// has come whole; all may be called at any time from any goroutine.
type Client struct {
	tokens func(contract.AccountSID) (string, bool)
	remote http.RoundTripper
	local  *local
	log    *slog.Logger
}

// New returns a client. Close it.
func New(c Config) *Client {
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	remote := c.Transport
	if remote == nil {
		remote = &http.Transport{
			// Neither a proxy from the environment nor HTTP/2: what is dialled is
			// what the guard checked, and one request's death is not another's.
			DialContext:            NewGuard(c.Policy, c.Dial, c.Lookup).DialContext,
			TLSHandshakeTimeout:    maxConnect,
			MaxIdleConns:           256,
			MaxIdleConnsPerHost:    defaultInFlight / 2, // as many as callbacks to one host
			IdleConnTimeout:        4 * time.Second,     // less than the 5 s after which Node's server closes
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
		}
	} else if _, ok := remote.(*http.Transport); !ok {
		remote = connected{remote}
	}
	return &Client{tokens: c.Tokens, remote: remote, local: newLocal(c.Local, log), log: log}
}

// Close waits for requests to in-process applications that outlived their
// callers and closes idle connections.
func (c *Client) Close() {
	c.local.close()
	if idle, ok := c.remote.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
}

// Panics returns how often an in-process application panicked. It was answered
// for with a 500 each time.
func (c *Client) Panics() int64 { return c.local.panics.Load() }

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

	// Made is told, when not nil, of each URL that was asked, when that is over: of
	// FallbackURL too.
	Made func(Made)

	keep bool // tell returns what Made would be told
}

// Response is an application's usable answer: status 2xx.
type Response struct {
	Asked
	// URL is what answered, after redirects and without the parameters of a GET:
	// relative URLs are resolved against it.
	URL         *url.URL
	Status      int
	ContentType string // as sent
	Body        []byte // at most MaxDocument bytes, of a type of sound MaxSound; may be empty
	// Failed says why Request.URL was not used, when FallbackURL answered.
	Failed *contract.Error
}

// NewJar returns a jar for the cookies of one call.
func NewJar() http.CookieJar {
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // its error is always nil
	return jar
}

// Fetch asks an application for a document: r.URL, and when it gives no answer
// of status 2xx within its limits (15 s in total), r.FallbackURL with ErrorCode
// and ErrorUrl added. The error, always a *contract.Error, is that of the last
// URL asked. An empty body, or one of an unknown type, is no error here.
func (c *Client) Fetch(ctx context.Context, r Request) (*Response, error) {
	if r.Token == "" {
		r.Token = rand.Text()
	}
	response, failed := c.document(ctx, r)
	if failed == nil {
		return response, nil
	}
	if r.FallbackURL == "" || ctx.Err() != nil {
		return nil, failed
	}
	fallback := r
	fallback.URL, fallback.Method = r.FallbackURL, r.FallbackMethod
	fallback.Params = maps.Clone(r.Params)
	if fallback.Params == nil {
		fallback.Params = make(url.Values)
	}
	fallback.Params.Set("ErrorCode", strconv.Itoa(int(failed.Code)))
	fallback.Params.Set("ErrorUrl", errorURL(r.URL))
	response, again := c.document(ctx, fallback)
	if again != nil {
		return nil, again
	}
	response.Failed = failed
	return response, nil
}

// document fetches r.URL alone.
func (c *Client) document(ctx context.Context, r Request) (*Response, *contract.Error) {
	x, err := c.exchange(r)
	if err != nil {
		return nil, failure(address{}, err)
	}
	x.max = bound{MaxDocument, MaxSound}
	answer, failed := x.ask(ctx)
	if failed != nil {
		return nil, failed
	}
	return &Response{Asked: Asked{x.kept()}, URL: x.at.url, Status: answer.status, ContentType: answer.header.Get("Content-Type"), Body: answer.body}, nil
}

// exchange prepares a signed exchange.
func (c *Client) exchange(r Request) (*exchange, error) {
	at, err := parseAddress(r.URL)
	if err != nil {
		return nil, err
	}
	method := strings.ToUpper(r.Method)
	switch method {
	case http.MethodGet, http.MethodPost:
	case "":
		method = http.MethodPost
	default:
		return nil, &contract.Error{Code: contract.CodeURL, Message: fmt.Sprintf("%s: method %q is neither GET nor POST", redact(at.url), r.Method)}
	}
	token, ok := c.tokens(r.Account)
	if !ok {
		return nil, &contract.Error{Code: contract.CodeInternalDocument,
			Message: fmt.Sprintf("%s: the request cannot be signed", redact(at.url)), Err: fmt.Errorf("%s: %w", r.Account, errNoToken)}
	}
	return &exchange{client: c, at: at, method: method, params: r.Params, jar: r.Jar, token: r.Token, told: r.Made,
		sign: func(url string, form url.Values) string { return signature.Sign(token, url, form) }}, nil
}

// errorURL is a URL as the fallback is told of it: as configured, without what
// is never sent.
func errorURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u.String()
}

// Media is audio that a document names.
type Media struct {
	Asked
	URL         *url.URL // what answered, after redirects
	ContentType string   // as sent
	Body        []byte
}

// FetchMedia gets a file of at most limit bytes by a plain GET, without
// parameters and unsigned (Twilio <Play>: "GET with none of the standard
// parameters"). The error is a *contract.Error.
// made is told of it, unless it is nil.
func (c *Client) FetchMedia(ctx context.Context, rawURL string, limit int64, made func(Made)) (*Media, error) {
	at, err := parseAddress(rawURL)
	if err != nil {
		return nil, err
	}
	x := &exchange{client: c, at: at, method: http.MethodGet, max: bound{limit, limit}, told: made}
	answer, failed := x.ask(ctx)
	if failed != nil {
		return nil, failed
	}
	return &Media{Asked: Asked{x.kept()}, URL: x.at.url, ContentType: answer.header.Get("Content-Type"), Body: answer.body}, nil
}

// Tell sends a callback whose answer does not matter beyond its status, which
// must be 2xx. FallbackURL is not used. The error is a *contract.Error.
func (c *Client) Tell(ctx context.Context, r Request) error {
	return c.tell(ctx, r, true).err
}

// telling is what came of a callback.
type telling struct {
	err      error // nil: it was taken
	attempts int   // requests made, those that followed a redirect included
	said     bool  // the URL says itself when it is tried again
	made     *Made // nil: nobody is told, or nothing was asked
}

// tell is Tell; unless again, it leaves trying again to its caller where the URL
// does not say when.
func (c *Client) tell(ctx context.Context, r Request, again bool) telling {
	if r.Token == "" {
		r.Token = rand.Text()
	}
	x, err := c.exchange(r)
	if err != nil {
		return telling{err: failure(address{}, err)}
	}
	x.max, x.cutOff = bound{MaxDocument, MaxDocument}, true
	said := x.at.limits.said
	if !said && !again {
		x.at.limits.retries = 0
	}
	how := telling{said: said}
	if r.keep {
		x.told = func(m Made) { how.made = &m }
	}
	if _, failed := x.ask(ctx); failed != nil {
		how.err = failed
	}
	how.attempts = x.made
	return how
}

// transport returns what carries a request.
func (c *Client) transport(r *http.Request) http.RoundTripper {
	if c.local.has(r.URL) {
		return c.local
	}
	return c.remote
}
