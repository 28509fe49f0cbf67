package api

import (
	"net/http"
	"time"

	"confab/internal/contract"
)

// quality is the quality of a call's voice as this API shows it.
type quality struct {
	Codec      string          `json:"codec"`
	Received   uint64          `json:"packets_received"`
	Sent       uint64          `json:"packets_sent"`
	Lost       int64           `json:"packets_lost"`
	Late       uint64          `json:"packets_late"`
	LostPart   float64         `json:"lost_ratio"`
	Jitter     float64         `json:"jitter_ms"`
	Delay      float64         `json:"delay_ms"`
	MaxDelay   float64         `json:"max_delay_ms"`
	Concealed  float64         `json:"concealed_ms"`
	Skipped    float64         `json:"skipped_ms"`
	RoundTrip  *float64        `json:"round_trip_ms,omitempty"`
	RemoteLost int32           `json:"remote_lost"`
	Speech     *float64        `json:"speech_dbov,omitempty"`
	Noise      *float64        `json:"noise_dbov,omitempty"`
	Clipped    float64         `json:"clipped_ratio"`
	OneWay     contract.OneWay `json:"one_way"`
	MOS        float64         `json:"mos"`
}

func showQuality(q contract.Quality) *quality {
	shown := &quality{Codec: q.Codec, Received: q.Received, Sent: q.Sent, Lost: q.Lost, Late: q.Late,
		LostPart: q.LostPart(), Jitter: milliseconds(q.Jitter), Delay: milliseconds(q.Delay), MaxDelay: milliseconds(q.MaxDelay),
		Concealed: milliseconds(q.Concealed), Skipped: milliseconds(q.Skipped),
		RemoteLost: q.RemoteLost, Clipped: q.Clipped, OneWay: q.OneWay, MOS: q.MOS()}
	if q.RoundTrip > 0 {
		d := milliseconds(q.RoundTrip)
		shown.RoundTrip = &d
	}
	if q.Speech < 0 {
		shown.Speech = &q.Speech
	}
	if q.Noise < 0 {
		shown.Noise = &q.Noise
	}
	return shown
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// callQuality is the quality of one call.
type callQuality struct {
	Call    contract.CallSID `json:"call_sid"`
	Live    bool             `json:"live"`
	Quality *quality         `json:"quality"`
}

// quality answers with the quality of the calls that live, or of the one that is
// asked for, which may be over.
func (e *Events) quality(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	only := q.call()
	if err := q.done(); err != nil {
		return err
	}
	answer := struct {
		Calls []callQuality `json:"calls"`
	}{[]callQuality{}}
	for _, c := range e.cfg.API.cfg.Calls.List() {
		if (only == "" || c.SID() == only) && !c.Ringing() {
			answer.Calls = append(answer.Calls, callQuality{c.SID(), true, showQuality(c.Quality())})
		}
	}
	if only != "" && len(answer.Calls) == 0 {
		info, ok, err := e.cfg.Store.Call(r.Context(), only)
		if err != nil {
			return err
		}
		if ok && info.Quality != nil {
			answer.Calls = append(answer.Calls, callQuality{only, false, showQuality(*info.Quality)})
		}
	}
	send(w, http.StatusOK, answer)
	return nil
}
