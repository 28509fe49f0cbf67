package twiml

import "slices"

// RecordingCallback says where the life of a recording is reported: the
// recording… attributes that Dial and Conference have in common.
type RecordingCallback struct {
	URL             string   // relative to the document; empty: nowhere
	Method          string   // GET or POST
	Events          []string // in-progress, completed, absent
	ConfigurationID string
}

func newRecordingCallback() RecordingCallback {
	return RecordingCallback{Method: POST, Events: []string{"completed"}}
}

// recording reads the attributes of a RecordingCallback (Twilio <Dial>,
// <Conference> recordingStatusCallback). code is that of a bad method or event.
func (a *attributes) recording(code int) RecordingCallback {
	def := newRecordingCallback()
	return RecordingCallback{
		URL:             a.url("recordingStatusCallback", codeRecordingURL),
		Method:          a.method("recordingStatusCallbackMethod", code),
		Events:          a.keywords("recordingStatusCallbackEvent", code, def.Events, "in-progress", "completed", "absent"),
		ConfigurationID: a.text("recordingConfigurationId"),
	}
}

// record reads what is recorded. yes is what the older true stands for (Twilio
// <Dial>, <Conference> record: true and false are still taken).
func (a *attributes) record(yes string, code int, allowed []string) string {
	switch v := a.keyword("record", code, DoNotRecord, slices.Concat(allowed, []string{"true", "false"})...); v {
	case "true":
		return yes
	case "false":
		return DoNotRecord
	default:
		return v
	}
}

// trim reads whether silence is cut off a recording (Twilio <Dial>, <Conference>
// trim: true and false are still taken).
func (a *attributes) trim(code int, def bool) bool {
	switch a.keyword("trim", code, "", "trim-silence", "do-not-trim", "true", "false") {
	case "trim-silence", "true":
		return true
	case "do-not-trim", "false":
		return false
	}
	return def
}

// trim writes what attributes.trim reads.
func (e *element) putTrim(v, def bool) {
	switch {
	case v == def:
	case v:
		e.put("trim", "trim-silence")
	default:
		e.put("trim", "do-not-trim")
	}
}

// recording writes what attributes.recording reads.
func (e *element) putRecording(r RecordingCallback) {
	def := newRecordingCallback()
	e.putText("recordingStatusCallback", r.URL, "")
	e.putText("recordingStatusCallbackMethod", r.Method, POST)
	e.putWords("recordingStatusCallbackEvent", r.Events, def.Events, " ")
	e.putText("recordingConfigurationId", r.ConfigurationID, "")
}
