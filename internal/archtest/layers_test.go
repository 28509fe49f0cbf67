package archtest

// layers is the import table: a package's production files may import these
// packages of ours and no others. It is drawn in docs/architecture.md. A new
// package gets a row; a new arrow gets a decision record first.
var layers = map[string][]string{
	"internal/contract":  {},
	"internal/signature": {},
	"internal/mask":      {},
	"internal/story":     {"internal/contract", "internal/mask"},
	"internal/audio":     {},
	"internal/twiml":     {},
	"internal/token":     {"internal/contract"},
	"internal/sdp":       {},
	"internal/codec":     {"internal/audio"},
	"internal/rtp":       {"internal/audio"},
	"internal/mixer":     {"internal/audio"},
	"internal/speech":    {"internal/audio"},
	"internal/webhook":   {"internal/contract", "internal/mask", "internal/signature"},
	"internal/store":     {"internal/contract"},
	"internal/media":     {"internal/audio", "internal/codec", "internal/mixer", "internal/rtp", "internal/sdp"},
	"internal/leg":       {"internal/contract", "internal/media"},
	"internal/webrtc":    {"internal/audio", "internal/codec", "internal/media", "internal/rtp", "internal/sdp"},
	"internal/sip": {"internal/audio", "internal/codec", "internal/contract", "internal/leg", "internal/media", "internal/sdp",
		"internal/webrtc"},
	"internal/signal":     {"internal/codec", "internal/contract", "internal/leg", "internal/media", "internal/sdp", "internal/token", "internal/webrtc", "internal/turn"},
	"internal/call":       {"internal/contract", "internal/leg", "internal/media"},
	"internal/conference": {"internal/audio", "internal/contract", "internal/media"},

	"internal/certificate": {},
	"internal/turn":        {},

	"internal/interp": {"internal/audio", "internal/call", "internal/codec", "internal/conference", "internal/contract", "internal/leg",
		"internal/media", "internal/speech", "internal/story", "internal/twiml", "internal/webhook"},
	"internal/api":     {"internal/call", "internal/conference", "internal/contract", "internal/mask", "internal/store", "internal/story", "internal/token", "internal/turn", "internal/twiml"},
	"internal/console": {"internal/api", "internal/contract", "internal/store"},
	"internal/line":    {"internal/signature", "internal/twiml"},
	"internal/phone":   {"internal/audio", "internal/codec", "internal/contract", "internal/leg", "internal/media", "internal/sip"},
	"internal/bench":   {"internal/audio", "internal/codec", "internal/media", "internal/rtp"},
	"internal/confab": {"internal/api", "internal/audio", "internal/call", "internal/certificate", "internal/codec", "internal/conference", "internal/console", "internal/contract",
		"internal/interp", "internal/leg", "internal/line", "internal/media", "internal/mixer", "internal/rtp", "internal/sdp",
		"internal/signal", "internal/signature", "internal/sip", "internal/speech", "internal/store", "internal/story", "internal/token", "internal/turn",
		"internal/twiml", "internal/webhook", "internal/webrtc"},
	"internal/demo":     {"internal/audio", "internal/confab", "internal/leg", "internal/phone", "internal/signature"},
	"internal/archtest": {},
}

// forTests are the packages that only tests may import.
var forTests = map[string][]string{
	"internal/audio/audiotest": {"internal/audio"},
	"internal/memnet":          {},
	"internal/logtest":         {},
	"internal/leg/legtest":     {"internal/contract", "internal/leg"},
}

// testLayers is what the tests of a package may import beyond what its
// production files may, the package itself and forTests. Tests under test/ may
// import everything.
var testLayers = map[string][]string{
	"internal/api":        {"internal/audio", "internal/confab", "internal/leg", "internal/media", "internal/phone", "internal/speech"},
	"internal/call":       {"internal/codec"},
	"internal/conference": {"internal/codec"},
	"internal/line":       {"internal/confab"},
}

// libraries are the outside modules and where production files may use them.
// Each has a decision record; what is not here is not used.
var libraries = map[string][]string{
	"github.com/alecthomas/kong":          {"cmd/confab"},
	"github.com/coder/websocket":          {"internal/signal"},
	"github.com/emiago/sipgo":             {"internal/sip"},
	"github.com/icholy/digest":            {"internal/sip", "internal/webhook"},
	"github.com/pion/sdp/v3":              {"internal/sdp"},
	"github.com/pion/srtp/v3":             {"internal/rtp"},
	"github.com/pion/rtp":                 {"internal/rtp"},
	"github.com/pion/rtcp":                {"internal/rtp"},
	"github.com/pion/dtls/v3":             {"internal/webrtc"},
	"github.com/pion/stun/v3":             {"internal/webrtc"},
	"github.com/pion/logging":             {"internal/webrtc"},
	"modernc.org/sqlite":                  {"internal/store", "internal/line"},
	"github.com/pressly/goose/v3":         {"internal/store", "internal/line"},
	"github.com/prometheus/client_golang": {"internal/confab", "internal/api"},
	"github.com/goccy/go-yaml":            {"internal/confab"},
	"github.com/ebitengine/purego":        {"internal/codec"},
	"golang.org/x/crypto":                 {"internal/certificate"},
	"golang.org/x/net":                    {"internal/webhook"},
	"golang.org/x/sys":                    {"internal/media", "internal/bench", "internal/codec", "internal/mixer", "internal/audio"},
}

// testLibraries may be used by any test.
var testLibraries = []string{
	"github.com/google/go-cmp",
	"pgregory.net/rapid",
}

// computed are the package variables that hold a table which a function of the
// package makes when the program starts, and why that is not a literal.
var computed = map[string]string{
	"codec.PCMU":       "a law's 65,536 codes, from its definition",
	"codec.PCMA":       "a law's 65,536 codes, from its definition",
	"speech.languages": "a set, listed as words",
	"webhook.metadata": "networks, listed as text",
	"webhook.loopback": "networks, listed as text",
	"webhook.private":  "networks, listed as text",
	"webhook.special":  "networks, listed as text",
}
