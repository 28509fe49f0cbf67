package api

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// format takes the extension off a resource's path, and says whether it asks
// for JSON. Twilio REST API: without an extension the answer is XML.
func format(path string) (resource string, asJSON bool) {
	if trimmed, ok := strings.CutSuffix(path, ".json"); ok {
		return trimmed, true
	}
	return strings.TrimSuffix(path, ".xml"), false
}

// reply sends a resource, which has both json and xml names, in the form that
// the path asks for. kind is the element that XML wraps it in.
func reply(w http.ResponseWriter, r *http.Request, status int, kind string, resource any) {
	var body []byte
	var err error
	if _, asJSON := format(r.URL.Path); asJSON {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		body, err = json.Marshal(resource)
	} else {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		body, err = marshalXML(kind, resource)
	}
	if err != nil {
		http.Error(w, "internal server error", http.StatusInternalServerError) // a resource without a form: ours to mend
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) // whoever asked may have gone
	}
}

func marshalXML(kind string, resource any) ([]byte, error) {
	var b strings.Builder
	b.WriteString(xml.Header + "<TwilioResponse>")
	if err := xml.NewEncoder(&b).EncodeElement(resource, xml.StartElement{Name: xml.Name{Local: kind}}); err != nil {
		return nil, err
	}
	b.WriteString("</TwilioResponse>")
	return []byte(b.String()), nil
}

// date is a time as the contract writes it: RFC 2822 in GMT with a numeric
// offset. The zero time is null.
type date time.Time

func (d date) String() string {
	if time.Time(d).IsZero() {
		return ""
	}
	return time.Time(d).UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000")
}

// MarshalJSON writes null for the zero time.
func (d date) MarshalJSON() ([]byte, error) {
	if time.Time(d).IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(d.String())
}

// MarshalText writes the date for XML, an empty element for the zero time.
func (d date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// header adds what every response of the contract has, and notes its status.
type header struct {
	http.ResponseWriter
	begin  time.Time
	status int
}

// WriteHeader adds the request's ID, for a customer to name it by, and how
// long it took.
func (h *header) WriteHeader(status int) {
	if h.status == 0 {
		var id [16]byte
		rand.Read(id[:]) // never fails
		h.Header().Set("Twilio-Request-Id", "RQ"+hex.EncodeToString(id[:]))
		h.Header().Set("Twilio-Request-Duration", strconv.FormatFloat(time.Since(h.begin).Seconds(), 'f', 3, 64))
		h.status = status
	}
	h.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (h *header) Unwrap() http.ResponseWriter { return h.ResponseWriter }
