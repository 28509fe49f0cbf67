package confab

import (
	"maps"
	"slices"
	"strconv"

	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/media"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// newRegistry returns a registry of the switch and of the Go program it is.
func newRegistry(s *Switch) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(metrics{s}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// metrics asks the parts of a switch for their counts when it is scraped.
// Labels are small fixed sets: no SID, no number, no host of a customer's.
type metrics struct{ s *Switch }

// Describe says nothing beforehand: what Collect sends describes itself.
func (metrics) Describe(chan<- *prometheus.Desc) {}

// Collect sends the counts of now.
func (m metrics) Collect(to chan<- prometheus.Metric) {
	send := sender{to}
	m.calls(send)
	m.voice(send)
	m.quality(send)
	m.signalling(send)
	m.browsers(send)
	m.journal(send)
	m.stories(send)
	m.callbacks(send)
	m.panics(send)
}

func (m metrics) calls(send sender) {
	calls := m.s.calls.Stats()
	send.gauge("calls", "Calls that live.", calls.Live)
	send.count("calls_total", "Calls taken.", calls.Taken)
	send.count("calls_refused_total", "Calls refused: no such number, a bound, stopping.", calls.Refused)
	conferences, participants := m.s.conferences.Count()
	send.gauge("conferences", "Conferences that live.", conferences)
	send.gauge("participants", "Participants that stand in them.", participants)
}

func (m metrics) signalling(send sender) {
	n := m.s.sip.Stats()
	send.gauge("sip_dialogs", "SIP dialogs that live.", n.Dialogs)
	send.gauge("sip_connections", "TCP connections of SIP.", n.Connections)
	send.level("sip_overload_ratio", "Part of the new calls that is refused because the machine does not keep up.", n.Overload)
	send.count("sip_messages_received_total", "SIP messages read.", n.Received)
	send.count("sip_messages_sent_total", "SIP messages written.", n.Sent)
	for _, d := range []struct {
		why string
		n   uint64
	}{{"limit", n.Limited}, {"malformed", n.Malformed}, {"queue full", n.Overrun}, {"stray", n.Stray}} {
		send.count("sip_messages_dropped_total", "SIP messages that nothing came of, by why.", d.n, label{"why", d.why})
	}
	send.count("sip_calls_refused_total", "Calls refused at a bound of SIP, by overload, or while draining.", n.Refused)
}

func (m metrics) voice(send sender) {
	send.gauge("media_sessions", "Media sessions that are open.", m.s.plane.Sessions())
	for i, l := range m.s.plane.Loops() {
		loop := label{"loop", strconv.Itoa(i)}
		send.gauge("media_ports", "Pairs of UDP ports that are open.", l.Ports, loop)
		send.count("media_packets_received_total", "RTP and RTCP packets received.", l.Received, loop)
		send.count("media_packets_sent_total", "RTP and RTCP packets sent.", l.Sent, loop)
		for _, d := range []struct {
			why string
			n   uint64
		}{
			{"malformed", l.Malformed}, {"unverified", l.Unverified}, {"unknown source", l.Dropped}, {"receive buffer full", l.Overflows},
			{"receive error", l.ReceiveErrors}, {"send error", l.SendErrors},
		} {
			send.count("media_packets_dropped_total", "Packets lost on this machine, or not listened to, by why.", d.n, loop, label{"why", d.why})
		}
		send.count("media_notes_lost_total", "Digits and the like lost to a full ring.", l.NotesLost, loop)
		send.count("media_slots_skipped_total", "Slots left out by a loop that was held up.", l.SkippedSlots, loop)
		send.count("media_frames_encoded_total", "Frames of 20 ms that encoders made: what many are given is made once.", l.Encoded, loop)
		send.count("media_frames_decoded_total", "Packets that decoders were given: of those who are heard, and a look at silent ones now and then.", l.Decoded, loop)
		send.send("media_loop_busy_ratio", "Part of the last second that the loop was at work, 0 to 1.", prometheus.GaugeValue, l.Busy, []label{loop})
		send.lateness(l, loop)
	}
}

// quality tells what the calls that have ended sounded like.
func (m metrics) quality(send sender) {
	q := m.s.calls.Qualities()
	for _, h := range []struct {
		name, help string
		call.Histogram
	}{
		{"call_lost_ratio", "Part of a call's packets that did not come in time.", q.Lost},
		{"call_jitter_seconds", "Interarrival jitter of a call, at its end.", q.Jitter},
		{"call_buffer_delay_seconds", "Mean time in the jitter buffer of a call.", q.Delay},
		{"call_mos", "How good a call's far end sounded, by the E-model: 1 to 4.4.", q.MOS},
	} {
		send.histogram(h.name, h.help, h.Bounds, h.Counts, h.Sum)
	}
	for _, which := range []contract.OneWay{contract.NothingHeard, contract.NothingPasses} {
		send.count("calls_one_way_total", "Calls whose voice went one way only, by which was missing.", q.OneWay[which], label{"which", string(which)})
	}
	send.count("calls_clipping_total", "Calls of whose speech more than a thousandth was at full scale.", q.Clips)
}

func (m metrics) journal(send sender) {
	healthy := 0
	if m.s.store.Healthy() == nil {
		healthy = 1
	}
	send.gauge("journal_healthy", "1 while the journal keeps up; new calls are refused while it does not.", healthy)
	send.gauge("journal_backlog", "Events that wait to be durable.", m.s.store.Backlog())
	send.count("journal_events_total", "Events that are durable.", uint64(m.s.store.Committed()))
}

func (m metrics) stories(send sender) {
	if m.s.stories == nil {
		return
	}
	n := m.s.stories.Stats()
	send.gauge("stories", "Calls whose story is being written.", n.Stories)
	send.gauge("story_waiting_bytes", "What was told and waits to be masked and written.", n.Waiting)
	send.count("story_parts_total", "Parts of stories that were written.", n.Kept)
	for _, what := range slices.Sorted(maps.Keys(n.LeftOut)) {
		send.count("story_left_out_total", "What is not kept of what happened to calls, for it was beyond a bound or the disk did not take it, by what it was.",
			n.LeftOut[what], label{"what", what})
	}
}

func (m metrics) callbacks(send sender) {
	n := m.s.delivery.Stats()
	send.count("callbacks_total", "Callbacks, by what became of them.", n.Delivered, label{"result", "delivered"})
	send.count("callbacks_total", "Callbacks, by what became of them.", n.GivenUp, label{"result", "given up"})
	send.count("callback_retries_total", "Attempts at callbacks that failed, and were followed by another.", n.Retried)
	send.gauge("callback_streams", "Calls and conferences with callbacks that are not delivered yet.", n.Streams)
}

// panics counts where the program recovers: the four ways in, and the line.
func (m metrics) panics(send sender) {
	var media uint64
	for _, l := range m.s.plane.Loops() {
		media += l.Panics
	}
	for _, e := range []struct {
		entry string
		n     uint64
	}{
		{"SIP message", m.s.sip.Stats().Panics}, {"browser message", m.s.browsers.Stats().Panics}, {"packet", media}, {"document", m.s.calls.Stats().Panics + m.s.conferences.Panics()},
		{"HTTP request", m.s.entry.panics.Load()}, {"line", uint64(m.s.webhook.Panics())},
	} {
		send.count("panics_total", "Errors of ours that were survived, by what came in.", e.n, label{"entry", e.entry})
	}
}

// label is a name and one value of a small fixed set.
type label struct{ name, value string }

// sender makes metrics of numbers.
type sender struct{ to chan<- prometheus.Metric }

func (s sender) gauge(name, help string, n int, labels ...label) {
	s.level(name, help, float64(n), labels...)
}

func (s sender) level(name, help string, n float64, labels ...label) {
	s.send(name, help, prometheus.GaugeValue, n, labels)
}

func (s sender) count(name, help string, n uint64, labels ...label) {
	s.send(name, help, prometheus.CounterValue, float64(n), labels)
}

func (s sender) send(name, help string, kind prometheus.ValueType, n float64, labels []label) {
	desc, values := describe(name, help, labels)
	s.to <- prometheus.MustNewConstMetric(desc, kind, n, values...)
}

// lateness sends how late the slots of a loop were.
func (s sender) lateness(l media.LoopStats, loop label) {
	bounds := make([]float64, len(media.LateBuckets))
	for i, bound := range media.LateBuckets {
		bounds[i] = bound.Seconds()
	}
	s.histogram("media_slot_lateness_seconds", "How late the loop's slots began.", bounds, l.Late[:], l.LateSum.Seconds(), loop)
}

// histogram sends counts of values up to each bound; the last count is of those
// above all.
func (s sender) histogram(name, help string, bounds []float64, counts []uint64, sum float64, labels ...label) {
	desc, values := describe(name, help, labels)
	buckets := make(map[float64]uint64, len(bounds))
	var n uint64
	for i, bound := range bounds {
		n += counts[i]
		buckets[bound] = n
	}
	s.to <- prometheus.MustNewConstHistogram(desc, n+counts[len(bounds)], sum, buckets, values...)
}

func describe(name, help string, labels []label) (*prometheus.Desc, []string) {
	names, values := make([]string, len(labels)), make([]string, len(labels))
	for i, l := range labels {
		names[i], values[i] = l.name, l.value
	}
	return prometheus.NewDesc("confab_"+name, help, names, nil), values
}
