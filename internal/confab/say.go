package confab

import (
	"net/http"

	"confab/internal/twiml"
)

// SayHost is the name of the application inside the program that says what its
// address tells: http://say.confab.internal/?Text=Hello&Language=en is a document
// for AnnounceUrl and the like. It never resolves.
const SayHost = "say.confab.internal"

// maxSaid is the longest text that it says, in characters (Twilio <Say>: 4,096).
const maxSaid = 4096

// say answers with a document that says the text of the query.
func say(w http.ResponseWriter, r *http.Request) {
	// Other parameters, such as those of the event, are in the query of a GET too.
	q := r.URL.Query()
	text := []rune(q.Get("Text"))
	if len(text) == 0 || len(text) > maxSaid {
		http.Error(w, "Text has 1 to 4096 characters", http.StatusBadRequest)
		return
	}
	var doc twiml.Response
	said := doc.Say(string(text))
	said.Language = q.Get("Language")
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Write([]byte(doc.String())) // whoever asked is in this process
}
