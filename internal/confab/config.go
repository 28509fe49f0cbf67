package confab

import (
	"io"
	"log/slog"
	"net/netip"
	"time"

	"confab/internal/speech"
)

// Config is everything that can be set. One struct serves the file (the yaml
// names), the command line (the flags are named after the fields, see
// Settings) and the environment; a flag beats the environment, which beats the
// file, which beats the default. Default makes one with the defaults; Validate
// says what is wrong with one.
//
// The fields from Net on are for programs that build a switch themselves, such
// as tests; they cannot be set from outside.
type Config struct {
	Data       string     `yaml:"data" default:"./data" env:"CONFAB_DATA" help:"Directory of everything that is kept: the database, the account, cached speech. It is made if it is not there. One server at a time may use it."`
	HTTP       string     `yaml:"http" default:"127.0.0.1:8080" env:"CONFAB_HTTP" help:"Address and port of the REST API, /healthz, /readyz and /metrics. Plain HTTP, unless tls says otherwise."`
	Debug      string     `yaml:"debug" default:"" placeholder:"ADDR" env:"CONFAB_DEBUG" help:"Address of this machine and port for profiles of the program (/debug/pprof/). Empty: there are none."`
	SIP        string     `yaml:"sip" default:"127.0.0.1:5060" env:"CONFAB_SIP" help:"Address and port for SIP, over UDP and TCP. The voice of the calls uses the same address."`
	SIPTrusted Prefixes   `yaml:"sip_trusted" name:"sip-trusted" default:"127.0.0.0/8, ::1/128" placeholder:"NETWORKS" env:"CONFAB_SIP_TRUSTED" help:"Networks of trunks and proxies, from which many callers' messages come: the bound of 200 messages a second of one source is not for them. With commas between them."`
	RTPPorts   PortRange  `yaml:"rtp_ports" default:"10000-10999" env:"CONFAB_RTP_PORTS" help:"UDP ports for voice: even ones for RTP, the odd one after each for RTCP."`
	Codecs     Codecs     `yaml:"codecs" default:"opus, G722, PCMU, PCMA" placeholder:"NAMES" env:"CONFAB_CODECS" help:"Codecs to offer in calls out, in this order, and to accept in calls in: of what a caller offers, the one with the widest band. opus (where libopus is installed), G722, AMR-WB (where libopencore-amrwb and libvo-amrwbenc are), PCMU, PCMA, L16/8000, L16/16000, L16/48000, with commas between them."`
	Accepted   Codecs     `yaml:"codecs_accepted" name:"codecs-accepted" default:"AMR-WB" placeholder:"NAMES" env:"CONFAB_CODECS_ACCEPTED" help:"Codecs to accept besides, of a caller who offers them, and not to offer. The widest band comes first here as well."`
	Advertise  netip.Addr `yaml:"advertise" default:"" placeholder:"IP" env:"CONFAB_ADVERTISE" help:"IP address to write into SDP and Contact for far ends outside the local networks: the public one, behind NAT. Empty: the address that is listened on."`
	LogLevel   slog.Level `yaml:"log_level" default:"INFO" env:"CONFAB_LOG_LEVEL" help:"What is logged to standard error: DEBUG, INFO, WARN or ERROR."`

	Account Account  `yaml:"account" embed:""`
	Numbers []Number `yaml:"numbers" kong:"-"`

	NumberBlocks []NumberBlock `yaml:"number_blocks" kong:"-"`

	MaxCalls        int           `yaml:"max_calls" default:"2000" env:"CONFAB_MAX_CALLS" help:"Calls at one time; the next one gets 503."`
	MaxParticipants int           `yaml:"max_participants" default:"1000" env:"CONFAB_MAX_PARTICIPANTS" help:"Participants of one conference. An application may ask for fewer (maxParticipants), never for more."`
	Strict          bool          `yaml:"strict" default:"false" env:"CONFAB_STRICT" help:"Keep to Twilio's own limits where ours are wider: 250 participants of one conference."`
	TimeLimit       time.Duration `yaml:"time_limit" default:"4h" env:"CONFAB_TIME_LIMIT" help:"Longest that a call may last after it was answered."`
	MediaTimeout    time.Duration `yaml:"media_timeout" default:"60s" env:"CONFAB_MEDIA_TIMEOUT" help:"A call from which nothing is heard for this long, and that is not on hold, is ended."`
	DrainTimeout    time.Duration `yaml:"drain_timeout" default:"30s" env:"CONFAB_DRAIN_TIMEOUT" help:"How long running calls may go on after SIGTERM before they are hung up. A second signal exits at once."`
	Stories         bool          `yaml:"stories" default:"true" negatable:"" env:"CONFAB_STORIES" help:"Keep what happened to each call: SIP messages, documents, verbs, quality, who spoke when, with codes and credentials masked; see docs/story.md."`

	TLS       TLS       `yaml:"tls" embed:"" prefix:"tls-"`
	ICE       ICE       `yaml:"ice" embed:"" prefix:"ice-"`
	Browsers  Browsers  `yaml:"browsers" embed:"" prefix:"browsers-"`
	Console   Console   `yaml:"console" embed:"" prefix:"console-"`
	Webhook   Webhook   `yaml:"webhook" embed:"" prefix:"webhook-"`
	Media     Media     `yaml:"media" embed:"" prefix:"media-"`
	Retention Retention `yaml:"retention" embed:"" prefix:"retention-"`
	Speech    Speech    `yaml:"speech" embed:"" prefix:"speech-"`

	Net          Net           `yaml:"-" kong:"-"` // the network to use; the zero Net is the machine's own
	SpeechEngine speech.Engine `yaml:"-" kong:"-"` // speaks instead of what Speech.Engine names
	// Clients are identities of clients that are SIP telephones: their addresses, for
	// tests. Others register.
	Clients func(identity string) (uri string, ok bool) `yaml:"-" kong:"-"`

	Out     io.Writer    `yaml:"-" kong:"-"` // where the banner goes; nil: nowhere
	Program string       `yaml:"-" kong:"-"` // how this program is called, for the banner; empty: confab
	Log     *slog.Logger `yaml:"-" kong:"-"` // nil: nothing is logged
}

// Account is the owner of the numbers and the credentials of the API. Both
// parts are made on first start when they are not given, and kept.
type Account struct {
	SID       string `yaml:"sid" name:"account-sid" default:"" placeholder:"AC…" env:"CONFAB_ACCOUNT_SID" help:"AccountSid: AC and 32 hexadecimal digits. Empty: made on first start and kept in the data directory."`
	AuthToken string `yaml:"auth_token" name:"auth-token" default:"" placeholder:"TOKEN" env:"CONFAB_AUTH_TOKEN" help:"AuthToken: signs webhooks and opens the API; letters and digits only. Better given by environment or file than as a flag. Empty: made on first start and kept in the data directory."`
}

// TLS says where the certificate of the HTTP server comes from: from files, from
// an authority, or made here; one of the three. Without any, HTTP is plain.
type TLS struct {
	Cert      string `yaml:"cert" default:"" placeholder:"FILE" env:"CONFAB_TLS_CERT" help:"PEM file of a certificate and its chain: HTTP is then HTTPS. It is read again when it changes."`
	Key       string `yaml:"key" default:"" placeholder:"FILE" env:"CONFAB_TLS_KEY" help:"PEM file of the certificate's private key."`
	Self      bool   `yaml:"self" default:"false" env:"CONFAB_TLS_SELF" help:"HTTPS with a certificate made here, for trying: browsers ask before they trust it. It is made once, for the names and addresses of this host, and kept in tls in the data directory."`
	Domain    string `yaml:"domain" default:"" placeholder:"NAME" env:"CONFAB_TLS_DOMAIN" help:"HTTPS with a certificate for this name from an ACME authority, to whose terms you agree by it. The authority must reach port 443 of the name (http) or port 80 (tls.redirect)."`
	Email     string `yaml:"email" default:"" placeholder:"ADDRESS" env:"CONFAB_TLS_EMAIL" help:"Where the authority may write to. Empty: nowhere."`
	Authority string `yaml:"authority" default:"https://acme-v02.api.letsencrypt.org/directory" placeholder:"URL" env:"CONFAB_TLS_AUTHORITY" help:"Directory URL of the ACME authority."`
	Roots     string `yaml:"authority_ca" name:"authority-ca" default:"" placeholder:"FILE" env:"CONFAB_TLS_AUTHORITY_CA" help:"PEM file of the certificates that vouch for the authority's own HTTPS, where it is one of yours. Empty: those of the system."`
	BindingID string `yaml:"eab_id" name:"eab-id" default:"" placeholder:"ID" env:"CONFAB_TLS_EAB_ID" help:"Key identifier by which the authority knows you already (external account binding), if it wants one."`
	Binding   string `yaml:"eab_key" name:"eab-key" default:"" placeholder:"KEY" env:"CONFAB_TLS_EAB_KEY" help:"The key that came with eab_id, in base64url as it came. Better given by environment or file than as a flag."`
	Redirect  string `yaml:"redirect" default:"" placeholder:"ADDR" env:"CONFAB_TLS_REDIRECT" help:"Address and port of plain HTTP, such as 0.0.0.0:80: whoever comes there is sent to HTTPS, and an ACME authority gets its answer. Empty: there is none."`
}

// ICE says by which ways browsers come here that have none by UDP: by TCP, and by
// servers, which are told to the browsers and asked by nobody else.
type ICE struct {
	TCP      string `yaml:"tcp" default:"auto" placeholder:"PORT" env:"CONFAB_ICE_TCP" help:"TCP port for the voice of browsers whose network lets no UDP out, at the addresses of sip as for UDP. auto: the first of rtp_ports that is free, once a browser calls; off: none."`
	STUN     URLs   `yaml:"stun" default:"" placeholder:"URLS" env:"CONFAB_ICE_STUN" help:"STUN servers for browsers, with commas between them: stun:stun.example.com:3478. The switch needs none."`
	TURN     URLs   `yaml:"turn" default:"" placeholder:"URLS" env:"CONFAB_ICE_TURN" help:"TURN servers for browsers whose network lets no UDP out, with commas between them: turns:turn.example.com:443?transport=tcp."`
	Secret   string `yaml:"turn_secret" name:"turn-secret" default:"" placeholder:"SECRET" env:"CONFAB_ICE_TURN_SECRET" help:"What the TURN servers share with the switch (coturn: use-auth-secret): each browser gets credentials of its own for as long as its token. Better given by environment or file than as a flag."`
	User     string `yaml:"turn_user" name:"turn-user" default:"" placeholder:"NAME" env:"CONFAB_ICE_TURN_USER" help:"Name for TURN servers that share no secret. Every browser is told it."`
	Password string `yaml:"turn_password" name:"turn-password" default:"" placeholder:"PASSWORD" env:"CONFAB_ICE_TURN_PASSWORD" help:"Password of turn_user. Every browser is told it."`
}

// Browsers bounds what phones in browsers may take.
type Browsers struct {
	Sockets     int `yaml:"sockets" default:"10000" env:"CONFAB_BROWSERS_SOCKETS" help:"Sockets of browsers at one time; the next one gets 503."`
	PerAddress  int `yaml:"sockets_per_address" name:"sockets-per-address" default:"1000" env:"CONFAB_BROWSERS_SOCKETS_PER_ADDRESS" help:"Sockets of one IP address, for many browsers sit behind one proxy or NAT; the next one gets 429."`
	PerIdentity int `yaml:"sockets_per_identity" name:"sockets-per-identity" default:"10" env:"CONFAB_BROWSERS_SOCKETS_PER_IDENTITY" help:"Sockets at which one identity can be called: tabs and devices. With the next one, the oldest is told that it is offline."`
	PerSocket   int `yaml:"calls_per_socket" name:"calls-per-socket" default:"8" env:"CONFAB_BROWSERS_CALLS_PER_SOCKET" help:"Calls of one socket at one time; the next one is hung up, busy."`
}

// Console says how the page for people is served, at /console/.
type Console struct {
	Serve   bool          `yaml:"serve" default:"true" negatable:"" env:"CONFAB_CONSOLE_SERVE" help:"Serve the console, the page for people, at /console/."`
	Hosts   Names         `yaml:"hosts" default:"" placeholder:"NAMES" env:"CONFAB_CONSOLE_HOSTS" help:"Names by which the console may be opened, beside addresses of this machine and localhost, with commas between them: phone.example.com. As any other name it is refused, so that no page of elsewhere can have its name pointed here."`
	Session time.Duration `yaml:"session" default:"12h" env:"CONFAB_CONSOLE_SESSION" help:"How long somebody stays signed in."`
}

// Webhook says which hosts the switch may be sent to by the URLs of
// applications. Cloud metadata addresses are refused whatever is said here.
type Webhook struct {
	AllowLoopback bool          `yaml:"allow_loopback" default:"true" negatable:"" env:"CONFAB_WEBHOOK_ALLOW_LOOPBACK" help:"Allow applications on this machine (127.0.0.0/8, ::1)."`
	AllowPrivate  bool          `yaml:"allow_private" default:"false" negatable:"" env:"CONFAB_WEBHOOK_ALLOW_PRIVATE" help:"Allow applications in private networks (10/8, 172.16/12, 192.168/16, fc00::/7, 100.64/10)."`
	RetryFor      time.Duration `yaml:"retry_for" default:"60s" env:"CONFAB_WEBHOOK_RETRY_FOR" help:"How long a callback is tried again that fails with a 5xx, a time-out or no connection, before it is parked. A URL's own #rc and #rp come before it. 0s: never."`
	Allow         Prefixes      `yaml:"allow" default:"" placeholder:"NETWORKS" env:"CONFAB_WEBHOOK_ALLOW" help:"Allow these networks and addresses, with commas between them, whatever else is said: 10.1.0.0/16, 192.168.7.2."`
}

// Media says how voices are treated, and how they use the machine.
type Media struct {
	AutoLevel bool `yaml:"auto_level" default:"true" negatable:"" env:"CONFAB_MEDIA_AUTO_LEVEL" help:"Bring speech that is much too quiet or too loud to the usual level, slowly, within 12 dB. Speech between -30 and -18 dBov, music and tones are left as they are."`

	Loops int  `yaml:"loops" default:"0" env:"CONFAB_MEDIA_LOOPS" help:"Threads that carry voice. 0: as many as media.pin names, or else one for two cores."`
	Pin   CPUs `yaml:"pin" default:"" placeholder:"CPU" env:"CONFAB_MEDIA_PIN" help:"CPUs that these threads are kept on, in turn, with commas between them: 2,3. Empty: wherever the system puts them."`
}

// Retention says how long is kept what is over. What lives, and what is still
// to be delivered, is kept however old it is. 0s keeps everything.
type Retention struct {
	Calls    time.Duration `yaml:"calls" default:"9480h" env:"CONFAB_RETENTION_CALLS" help:"How long the records of calls and conferences are kept after they ended. 0s: for ever."`
	Events   time.Duration `yaml:"events" default:"720h" env:"CONFAB_RETENTION_EVENTS" help:"How long events are kept, parked callbacks among them. 0s: for ever."`
	Warnings time.Duration `yaml:"warnings" default:"720h" env:"CONFAB_RETENTION_WARNINGS" help:"How long notices are kept: warnings on calls, callbacks that were given up. 0s: for ever."`
	Stories  time.Duration `yaml:"stories" default:"720h" env:"CONFAB_RETENTION_STORIES" help:"How long is kept what happened to each call: its SIP messages, documents, verbs, quality; and calls that were refused. 0s: for ever."`
}

// Speech says how text is spoken.
type Speech struct {
	Engine string `yaml:"engine" default:"auto" enum:"auto,espeak-ng,tones,none" placeholder:"NAME" env:"CONFAB_SPEECH_ENGINE" help:"auto (espeak-ng where it is installed), espeak-ng, tones (a tone for each character, for tests) or none."`
	Cache  string `yaml:"cache" default:"" placeholder:"DIR" env:"CONFAB_SPEECH_CACHE" help:"Directory of spoken texts. Empty: speech in the data directory."`
}

var speechEngines = []string{"auto", "espeak-ng", "tones", "none"}
