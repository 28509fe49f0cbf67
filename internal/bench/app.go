package bench

import (
	"fmt"
	"net/http"
	"regexp"
)

// roomNumber is what the callers dial: the application behind it sends each to
// the conference of that name.
var roomNumber = regexp.MustCompile(`room-\d+`)

// application is the customer's application of the bench: whoever dials room-7
// stands in conference room-7, without beep or music.
func application() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		room := roomNumber.FindString(r.FormValue("To"))
		if room == "" {
			http.Error(w, "not a number of the bench", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, `<Response><Dial><Conference beep="false" waitUrl="">%s</Conference></Dial></Response>`, room)
	})
}
