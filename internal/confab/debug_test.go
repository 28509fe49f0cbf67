package confab_test

import (
	"net/http"
	"strings"
	"testing"
)

// Profiles are served where they are asked for, and nowhere else.
func TestSwitch_servesProfilesWhereTheyAreAskedFor(t *testing.T) {
	c := config(t)
	var out buffer
	c.Debug, c.Out = "127.0.0.1:0", &out
	s, stop := start(t, c)
	base := "http://" + s.Debug().String()
	if code, text := get(t, http.DefaultClient, base+"/debug/pprof/heap?gc=1&debug=1"); code != 200 || !strings.Contains(text, "# HeapAlloc = ") {
		t.Errorf("heap: %d %.200s", code, text)
	}
	if code, _ := get(t, http.DefaultClient, base+"/metrics"); code != 404 {
		t.Errorf("metrics on the port of profiles: %d", code)
	}
	if code, _ := get(t, http.DefaultClient, "http://"+s.HTTP().String()+"/debug/pprof/heap"); code != 404 {
		t.Errorf("profiles on the port of the API: %d", code)
	}
	stop()
	if _, err := http.Get(base + "/debug/pprof/"); err == nil {
		t.Error("profiles are served after Run")
	}
	if row := "  Profiles    " + base + "/debug/pprof/\n"; !strings.Contains(out.String(), row) {
		t.Errorf("the banner lacks %q:\n%s", row, out.String())
	}
}

func TestSwitch_servesNoProfilesByDefault(t *testing.T) {
	s, _ := start(t, config(t))
	if s.Debug() != nil {
		t.Errorf("on %v", s.Debug())
	}
}
