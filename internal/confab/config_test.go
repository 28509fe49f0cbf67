package confab_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/internal/confab"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func diff(a, b confab.Config) string {
	return cmp.Diff(a, b, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}), cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(confab.Config{}, "Net", "Out", "Log"))
}

func TestDefault_isValid(t *testing.T) {
	c := confab.Default()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if c.SIP != "127.0.0.1:5060" || c.HTTP != "127.0.0.1:8080" || c.Data != "./data" {
		t.Errorf("got %q, %q, %q", c.SIP, c.HTTP, c.Data)
	}
	if c.RTPPorts != (confab.PortRange{First: 10000, Last: 10999}) {
		t.Errorf("rtp_ports: got %v", c.RTPPorts)
	}
	if len(c.Numbers) != 1 || c.Numbers[0].Number != "+15550100" || c.Numbers[0].VoiceURL != "" {
		t.Errorf("numbers: got %+v", c.Numbers)
	}
}

// The names of a setting follow from each other: nobody must look them up.
func TestSettings_names(t *testing.T) {
	c := confab.Default()
	for _, s := range confab.Settings(&c) {
		if want := "CONFAB_" + strings.ToUpper(strings.ReplaceAll(s.Flag, "-", "_")); s.Env != want {
			t.Errorf("%s: environment %s, want %s", s.Key, s.Env, want)
		}
		if s.Help == "" {
			t.Errorf("%s has no help", s.Key)
		}
		if s.String() != s.Default {
			d := confab.Default()
			for _, same := range confab.Settings(&d) {
				if same.Key == s.Key && same.Set(s.String()) != nil || diff(c, d) != "" {
					t.Errorf("%s: written as %q, which does not read back", s.Key, s)
				}
			}
		}
	}
}

func TestSampleFile_equalsDefaults(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "confab.sample.yaml")
	got, err := confab.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(confab.Default(), got); d != "" {
		t.Errorf("defaults (-) and sample (+) differ:\n%s", d)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range confab.Settings(&got) {
		name := s.Key[strings.LastIndexByte(s.Key, '.')+1:]
		if !strings.Contains(string(text), name+":") {
			t.Errorf("the sample does not show %s", s.Key)
		}
	}
}

func TestReadFile(t *testing.T) {
	read := func(t *testing.T, text string) (confab.Config, error) {
		path := filepath.Join(t.TempDir(), "confab.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return confab.ReadFile(path)
	}
	t.Run("values", func(t *testing.T) {
		c, err := read(t, `
sip: 192.0.2.1:5060
advertise: 198.51.100.7
rtp_ports: 20000-20099
log_level: debug
drain_timeout: 90s
account: {auth_token: abcdefghijklmnop}
numbers:
  - {number: "+15550123", voice_url: "https://example.com/voice", voice_method: GET}
  - {number: "*"}
webhook: {allow_private: true, allow: "10.1.2.3/16, 192.0.2.7"}
`)
		if err != nil {
			t.Fatal(err)
		}
		want := confab.Default()
		want.SIP, want.Advertise = "192.0.2.1:5060", netip.MustParseAddr("198.51.100.7")
		want.RTPPorts = confab.PortRange{First: 20000, Last: 20099}
		want.LogLevel, want.DrainTimeout = -4, 90*time.Second
		want.Account.AuthToken, want.Webhook.AllowPrivate = "abcdefghijklmnop", true
		want.Webhook.Allow = confab.Prefixes{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("192.0.2.7/32")}
		want.Numbers = []confab.Number{{Number: "+15550123", VoiceURL: "https://example.com/voice", VoiceMethod: "GET"}, {Number: "*"}}
		if d := diff(want, c); d != "" {
			t.Errorf("want (-), got (+):\n%s", d)
		}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	})
	t.Run("empty", func(t *testing.T) {
		c, err := read(t, "# nothing\n")
		if err != nil || diff(confab.Default(), c) != "" {
			t.Errorf("got %v, %s", err, diff(confab.Default(), c))
		}
	})
	for name, test := range map[string]struct{ text, want string }{
		"unknown key":        {"http: 127.0.0.1:1\nhttps: 127.0.0.1:2\n", `:2: unknown field "https"`},
		"unknown nested key": {"webhook:\n  allow_everything: true\n", `:2: unknown field "allow_everything"`},
		"unknown number key": {"numbers:\n  - number: \"*\"\n    url: x\n", `:3: unknown field "url"`},
		"not YAML":           {"http: [\n", ":1: "},
		"bad duration":       {"http: x\ndrain_timeout: soon\n", "soon"},
		"bad networks":       {"webhook: {allow: 10.1/16}\n", "10.1/16"},
		"bad ports":          {"rtp_ports: many\n", "range of ports"},
		"given twice":        {"http: a\nhttp: b\n", ":2: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func TestValidate_saysWhatIsWrongAndWhatIsRight(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*confab.Config)
		want   []string
	}{
		"no port":          {func(c *confab.Config) { c.HTTP = "127.0.0.1" }, []string{`"127.0.0.1"`, "127.0.0.1:8080"}},
		"a name":           {func(c *confab.Config) { c.SIP = "pbx.example:5060" }, []string{`"pbx.example"`, "IP address"}},
		"debug for all":    {func(c *confab.Config) { c.Debug = "0.0.0.0:6060" }, []string{"0.0.0.0:6060", "127.0.0.1:6060"}},
		"big port":         {func(c *confab.Config) { c.SIP = "127.0.0.1:70000" }, []string{`"70000"`, "65535"}},
		"advertise any":    {func(c *confab.Config) { c.Advertise = netip.IPv4Unspecified() }, []string{"0.0.0.0"}},
		"codec":            {func(c *confab.Config) { c.Codecs = confab.Codecs{"PCMU", "G729"} }, []string{`"G729"`, "opus, G722, AMR-WB"}},
		"codec twice":      {func(c *confab.Config) { c.Codecs = confab.Codecs{"PCMU", "pcmu"} }, []string{"pcmu", "twice"}},
		"accepted":         {func(c *confab.Config) { c.Accepted = confab.Codecs{"AMR"} }, []string{"codecs_accepted", `"AMR"`, "AMR-WB"}},
		"accepted twice":   {func(c *confab.Config) { c.Accepted = confab.Codecs{"G722", "g722"} }, []string{"codecs_accepted", "g722", "twice"}},
		"no codec":         {func(c *confab.Config) { c.Codecs = nil }, []string{"codecs", "PCMU"}},
		"ports backwards":  {func(c *confab.Config) { c.RTPPorts = confab.PortRange{First: 2000, Last: 1500} }, []string{"2000-1500", "10000-10999"}},
		"account":          {func(c *confab.Config) { c.Account.SID = "AC12" }, []string{`"AC12"`, "32"}},
		"token":            {func(c *confab.Config) { c.Account.AuthToken = "with-a-dash-in-the-middle" }, []string{"letters and digits"}},
		"number":           {func(c *confab.Config) { c.Numbers[0].Number = "+0155" }, []string{`"+0155"`, "+15550100"}},
		"number of spaces": {func(c *confab.Config) { c.Numbers[0].Number = "front desk" }, []string{`"front desk"`, "reception"}},
		"ice.tcp":          {func(c *confab.Config) { c.ICE.TCP = "https" }, []string{"ice.tcp", `"https"`, "auto", "off"}},
		"ice.tcp of none":  {func(c *confab.Config) { c.ICE.TCP = "0" }, []string{"ice.tcp", `"0"`, "1 to 65535"}},
		"ice.tcp of http":  {func(c *confab.Config) { c.ICE.TCP = "8080" }, []string{"ice.tcp", "8080", "http"}},
		"ice.tcp of sip":   {func(c *confab.Config) { c.ICE.TCP = "5060" }, []string{"ice.tcp", "5060", "sip"}},
		"number twice":     {func(c *confab.Config) { c.Numbers = append(c.Numbers, c.Numbers[0]) }, []string{"numbers[1]", "+15550100", "twice"}},
		"url":              {func(c *confab.Config) { c.Numbers[0].VoiceURL = "example.com/voice" }, []string{"numbers[0]", `"example.com/voice"`, "https://"}},
		"block": {func(c *confab.Config) {
			c.NumberBlocks = []confab.NumberBlock{{First: "+15550299", Last: "+15550200", Country: "US", Type: "local"}}
		}, []string{"number_blocks[0]", "+15550200 comes before +15550299"}},
		"block of no type": {func(c *confab.Config) {
			c.NumberBlocks = []confab.NumberBlock{{First: "+15550200", Last: "+15550299", Country: "US"}}
		}, []string{"number_blocks[0]", "type", "local, mobile, tollfree"}},
		"method":          {func(c *confab.Config) { c.Numbers[0].VoiceMethod = "PUT" }, []string{`"PUT"`, "GET", "POST"}},
		"no sockets":      {func(c *confab.Config) { c.Browsers.Sockets = 0 }, []string{"browsers.sockets: 0 ", "1 or more"}},
		"no identity":     {func(c *confab.Config) { c.Browsers.PerIdentity = -1 }, []string{"browsers.sockets_per_identity: -1 ", "1 or more"}},
		"no participants": {func(c *confab.Config) { c.MaxParticipants = 1 }, []string{"max_participants: 1 ", "2 or more"}},
		"no time":         {func(c *confab.Config) { c.MediaTimeout = 0 }, []string{"media_timeout: 0s ", "1s"}},
		"engine":          {func(c *confab.Config) { c.Speech.Engine = "hal" }, []string{`"hal"`, "espeak-ng"}},
		"no data":         {func(c *confab.Config) { c.Data = "" }, []string{"data", "./data"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := confab.Default()
			test.change(&c)
			err := c.Validate()
			if err == nil {
				t.Fatal("valid")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
		})
	}
}

func TestValidate_neverShowsTheToken(t *testing.T) {
	c := confab.Default()
	c.Account.AuthToken = "secret-secret-secret"
	if err := c.Validate(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestNumber_Validate(t *testing.T) {
	for _, right := range []string{"+15550100", "*", "reception", "1000", "a.b-c", "*98"} {
		if err := (confab.Number{Number: right}).Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, wrong := range []string{"", "+", "+1555010012345678", "+1 555", "a b", "a@b", "sip:x", "\n"} {
		if (confab.Number{Number: wrong}).Validate() == nil {
			t.Errorf("%q is valid", wrong)
		}
	}
}
