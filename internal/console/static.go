package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Root is the path below which the console is.
const Root = "/console/"

//go:embed static
var static embed.FS

// kinds are the media types of the files, which must not depend on what the
// machine believes of them.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".json": "application/json",
}

// file is one of the embedded files, as it is served.
type file struct {
	body []byte
	kind string
	etag string
}

// files are the embedded files by their path below Root, and the version of all
// of them together.
type files struct {
	byPath  map[string]file
	version string
}

// loadFiles reads what is embedded.
func loadFiles() (files, error) {
	f := files{byPath: make(map[string]file)}
	all := sha256.New()
	err := fs.WalkDir(static, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := static.ReadFile(name)
		if err != nil {
			return err
		}
		kind, ok := kinds[path.Ext(name)]
		if !ok {
			return fmt.Errorf("console: no media type for %s", name)
		}
		sum := sha256.Sum256(body)
		all.Write(sum[:])
		f.byPath[strings.TrimPrefix(name, "static/")] = file{body, kind, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	f.version = base64.RawURLEncoding.EncodeToString(all.Sum(nil)[:9])
	return f, err
}

// serve answers with a file; below Root every path that names none is a place in
// the page, which finds out for itself what is there. Nothing is used without
// asking whether it is still the same: all files of one page are of one version.
func (f files) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, Root)
	found, ok := f.byPath[name]
	switch {
	case ok && name != "index.html":
	case path.Ext(name) == "":
		found = f.byPath["index.html"]
	default:
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", found.kind)
	h.Set("ETag", found.etag)
	h.Set("Cache-Control", "no-cache")
	if ok && strings.HasPrefix(name, elements) {
		shared(h)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(found.body))
}

// elements is where the files are that pages of elsewhere may load: the phone's.
const elements = "phone/"

// shared lets pages of any origin load a file. There is nothing in it but what
// everybody is given, and who loads it brings an access token of their own.
func shared(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// Element serves the one module that a page names to have a phone in it, from a
// path that is short.
func Element(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	shared(h)
	h.Set("Content-Type", kinds[".js"])
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "max-age=86400")
	io.WriteString(w, "export * from '"+Root+elements+"confab-phone.js';\n")
}

// guard sets what a browser is to keep to, whatever it is given: nothing is
// loaded from elsewhere, nothing inline runs, nobody frames the page.
func guard(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", policy(r.Host))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// policy is the Content-Security-Policy (W3C CSP3). 'self' does not take in
// ws: of the same host in every browser, so it is named; host has been checked.
func policy(host string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data: blob:",
		"media-src 'self' blob: mediastream:",
		"connect-src 'self' ws://" + host + " wss://" + host,
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
	}, "; ")
}
