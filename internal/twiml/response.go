package twiml

import "io"

// ContentType is the MIME type of a written document.
const ContentType = "text/xml; charset=utf-8"

// Response builds a document. Its zero value is the empty document. Each method
// appends a verb with every attribute at its default and returns it, to be
// adjusted in place:
//
//	var r twiml.Response
//	g := r.Gather()
//	g.Action = "/join"
//	g.Say("Please enter your access code.").Voice = "alice"
//	r.Redirect("/gather")
//	r.WriteTo(w)
type Response struct {
	Verbs []Verb
}

// Say appends a Say of text.
func (r *Response) Say(text string) *Say { return add(&r.Verbs, newSay(text)) }

// Play appends a Play of the sound file at url.
func (r *Response) Play(url string) *Play { return add(&r.Verbs, newPlay(url)) }

// Pause appends a Pause of one second.
func (r *Response) Pause() *Pause { return add(&r.Verbs, newPause()) }

// Gather appends a Gather of digits, with no prompts.
func (r *Response) Gather() *Gather { return add(&r.Verbs, newGather()) }

// Redirect appends a Redirect to url.
func (r *Response) Redirect(url string) *Redirect { return add(&r.Verbs, newRedirect(url)) }

// Hangup appends a Hangup.
func (r *Response) Hangup() *Hangup { return add(&r.Verbs, &Hangup{}) }

// Reject appends a Reject with the reason Rejected.
func (r *Response) Reject() *Reject { return add(&r.Verbs, newReject()) }

// Dial appends a Dial with no noun.
func (r *Response) Dial() *Dial { return add(&r.Verbs, newDial()) }

// Say adds a prompt of text.
func (g *Gather) Say(text string) *Say { return add(&g.Prompts, newSay(text)) }

// Play adds a prompt of the sound file at url.
func (g *Gather) Play(url string) *Play { return add(&g.Prompts, newPlay(url)) }

// Pause adds a pause of one second.
func (g *Gather) Pause() *Pause { return add(&g.Prompts, newPause()) }

// Join makes the conference called name the noun and returns it.
func (d *Dial) Join(name string) *Conference {
	d.Conference = newConference(name)
	return d.Conference
}

// Call adds the client of that identity to those who are called, and returns it.
func (d *Dial) Call(identity string) *Client {
	c := newClient(identity)
	d.Clients = append(d.Clients, c)
	return c
}

func add[V Verb](verbs *[]Verb, v V) V {
	*verbs = append(*verbs, v)
	return v
}

// String returns the document as it is sent.
func (r *Response) String() string { return string(r.encode()) }

// WriteTo writes the document, in UTF-8. Attributes at their default are left
// out.
func (r *Response) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(r.encode())
	return int64(n), err
}

func (r *Response) encode() []byte {
	root := &element{name: "Response"}
	for _, v := range r.Verbs {
		root.add(v.element())
	}
	return encode(root)
}
