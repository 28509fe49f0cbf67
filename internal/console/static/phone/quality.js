// How good a call sounds, from what the browser counts.

/** What each grade is called in words. */
export const GRADES = { good: 'Good connection', fair: 'Fair connection', poor: 'Poor connection' };

/**
 * quality looks at a peer connection. `before` is what the last look returned,
 * or null. It returns {grade, why, loss, jitter, rtt, mos, …}: loss is the part
 * of the packets that did not come since the last look (0 to 1), jitter and rtt
 * are milliseconds, mos is an estimate from 1 to 4.5, grade `good`, `fair` or
 * `poor`, and why says in words what is worst.
 */
export async function quality(peer, before) {
  let received = 0, lost = 0, jitter = 0, rtt = 0, farLoss = 0;
  for (const s of (await peer.getStats()).values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'audio') {
      received = s.packetsReceived ?? 0;
      lost = Math.max(s.packetsLost ?? 0, 0);
      jitter = (s.jitter ?? 0) * 1000;
    } else if (s.type === 'remote-inbound-rtp' && s.kind === 'audio') {
      rtt = (s.roundTripTime ?? 0) * 1000;
      farLoss = s.fractionLost ?? 0;
    } else if (s.type === 'candidate-pair' && s.nominated && s.currentRoundTripTime && !rtt) {
      rtt = s.currentRoundTripTime * 1000;
    }
  }
  const came = received - (before?.received ?? 0), went = lost - (before?.lost ?? 0);
  const loss = came + went > 0 ? Math.max(went, 0) / (came + Math.max(went, 0)) : before ? 1 : 0;
  const mos = estimate(Math.max(loss, farLoss), jitter, rtt);
  const grade = mos >= 3.9 ? 'good' : mos >= 3.2 ? 'fair' : 'poor';
  return { grade, why: grade === 'good' ? '' : worst(loss, farLoss, jitter, rtt), loss, farLoss, jitter, rtt, mos, received, lost };
}

/** estimate is ITU-T G.107's E-model, cut down to what a browser knows. */
function estimate(loss, jitter, rtt) {
  const delay = rtt / 2 + jitter * 2 + 20;
  const r = 93.2 - delay / 40 - (delay > 160 ? (delay - 160) / 10 : 0) - 95 * loss / (loss + 0.1);
  return r < 0 ? 1 : 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
}

function worst(loss, farLoss, jitter, rtt) {
  const percent = (part) => `${Math.round(part * 100)} %`;
  if (loss >= 1) return 'nothing arrives here';
  if (loss >= 0.02 && loss >= farLoss) return `${percent(loss)} of what the others say is lost`;
  if (farLoss >= 0.02) return `${percent(farLoss)} of what you say is lost`;
  if (rtt > 300) return `voices take ${Math.round(rtt / 2)} ms`;
  return `the delay varies by ${Math.round(jitter)} ms`;
}
