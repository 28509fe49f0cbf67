package media

import (
	"net/netip"
	"time"

	"confab/internal/rtp"
)

// reportEvery is how often a session sends RTCP.
//
// RFC 3550 §6.2: five seconds is the recommended least; the share of the
// bandwidth that two parties may use would allow more.
const reportEvery = 5 * time.Second

// reportsTo returns where the session's RTCP goes.
func (s *Session) reportsTo() netip.AddrPort {
	a := &s.in.latch
	to := a.destination()
	switch {
	case s.params.RTCPMux:
		return to
	case s.params.RTCP.IsValid() && (!a.source.IsValid() || a.source == a.sdp): // else the SDP knows less than we do
		return s.params.RTCP
	case to.IsValid() && to.Port() < 65535:
		return netip.AddrPortFrom(to.Addr(), to.Port()+1) // RFC 3550 §11
	}
	return netip.AddrPort{}
}

// report sends a report of what was sent, and of the reception of what the far end says.
func (s *Session) report(l *loop) {
	to := s.reportsTo()
	if !to.IsValid() || s.unkeyed() {
		return
	}
	var received *rtp.ReceptionReport
	if block, ok := s.in.receiver.Report(l.now); ok {
		l.block = block
		received = &l.block
	}
	var sent *rtp.SenderReport
	if s.out.packets != s.out.reported { // RFC 3550 §6.4: who has sent nothing since the last report sends an RR
		s.out.reported = s.out.packets
		l.sent = rtp.SenderReport{
			NTP: rtp.NTP(time.Unix(0, l.wall)), Timestamp: s.out.timestamp,
			Packets: s.out.packets, Octets: s.out.octets,
		}
		sent = &l.sent
	}
	b := l.packet(rtp.ReportSize + rtp.SecureReportSize)
	data := s.protectReport(b[:rtp.PutReport(b, s.out.ssrc, sent, received, "confab")])
	if data == nil {
		return
	}
	if s.params.RTCPMux {
		s.post(to, data)
		return
	}
	s.port.outReports = append(s.port.outReports, Packet{Addr: to, Data: data})
}
