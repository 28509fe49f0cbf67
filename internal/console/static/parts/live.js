// What goes on now: the conferences that live and who is in them, from the REST
// API when it begins and from the event stream afterwards.

import { rest, watchEvents, watchLive } from '../api.js';

const yes = (text) => text === 'true';

// Who is at the other end of a call: of one that the switch made, whom it called.
const farEnd = (direction, from, to, caller) => (direction?.startsWith('outbound') ? { from: to, caller: '' } : { from, caller: caller ?? '' });

/**
 * Follows what goes on. changed(sid) is called when a conference, or the list of
 * them (sid null), is another; levels() when somebody is louder or quieter, some
 * times a second at most. Returns {conferences, close()}: a Map by SID of {sid,
 * name, status, created, people (a Map by call, in the order of joining), loaded,
 * count}. People are {call, label, from, caller, muted, hold, coaching, coached,
 * endOnExit, joined, talking, level, status ('connected', and before that how far the
 * call is that is to bring them)}.
 */
export function followLive({ changed, levels = () => {} }) {
  const conferences = new Map();
  const calls = new Map(); // what is known of a call: from, caller
  const ended = new Set(); // conferences that have: a late answer does not bring them back
  const asking = new Map();
  const stop = new AbortController();

  const person = (c, call) => {
    let p = c.people.get(call);
    if (!p) {
      const known = calls.get(call);
      p = { call, label: '', from: known?.from ?? '', caller: known?.caller ?? '', muted: false, hold: false, coaching: false, coached: '', endOnExit: false, joined: 0, talking: false, level: -127 };
      c.people.set(call, p);
      if (!known) who(call);
    }
    return p;
  };

  const conference = (sid, name, status, created) => {
    let c = conferences.get(sid);
    if (!c) {
      c = { sid, name, status, created, people: new Map(), loaded: false, count: 0, talking: [] };
      conferences.set(sid, c);
      changed(null);
    }
    return c;
  };

  // Who a call is from. Many that are not known are asked for together.
  const unknown = new Set();
  let timer = 0;
  const who = (call) => {
    unknown.add(call);
    timer ||= setTimeout(async () => {
      timer = 0;
      const wanted = [...unknown];
      unknown.clear();
      try {
        if (wanted.length > 3) for (const c of await rest.all('Calls', 'calls', { Status: 'in-progress' }, 5000, stop.signal)) know(c);
        else for (const sid of wanted) know(await rest.get('Calls/' + sid, null, stop.signal));
      } catch { /* they stay without a name */ }
    }, 120);
  };
  const know = (c) => {
    const known = farEnd(c.direction, c.from, c.to, c.caller_name);
    calls.set(c.sid, known);
    for (const conf of conferences.values()) {
      const p = conf.people.get(c.sid);
      if (p) { Object.assign(p, known); changed(conf.sid); }
    }
  };

  /** Asks who is in a conference, once. */
  const load = (sid) => {
    const c = conferences.get(sid);
    if (!c || c.loaded || asking.has(sid)) return;
    asking.set(sid, (async () => {
      try {
        const list = await rest.all(`Conferences/${sid}/Participants`, 'participants', {}, 5000, stop.signal);
        const there = new Set(list.map((p) => p.call_sid));
        for (const call of c.people.keys()) if (!there.has(call)) c.people.delete(call);
        for (const p of list.reverse()) {
          Object.assign(person(c, p.call_sid), {
            label: p.label ?? '', muted: p.muted, hold: p.hold, coaching: p.coaching, coached: p.call_sid_to_coach ?? '',
            endOnExit: p.end_conference_on_exit, joined: Date.parse(p.date_created), status: p.status,
          });
        }
        c.loaded = true;
        c.count = c.people.size;
        changed(sid);
      } catch { /* the stream's next sync asks again */ } finally { asking.delete(sid); }
    })());
  };

  const sync = async () => {
    try {
      const lists = await Promise.all(['in-progress', 'init'].map((Status) => rest.all('Conferences', 'conferences', { Status }, 5000, stop.signal)));
      const there = new Set();
      for (const c of lists.flat()) {
        there.add(c.sid);
        if (ended.has(c.sid)) continue;
        const known = conference(c.sid, c.friendly_name, c.status, Date.parse(c.date_created));
        known.status = c.status;
        known.loaded = false;
      }
      for (const sid of conferences.keys()) if (!there.has(sid)) conferences.delete(sid);
      changed(null);
    } catch (err) { if (err.name !== 'AbortError') setTimeout(() => !stop.signal.aborted && sync(), 3000); }
  };

  const onEvent = (e, type) => {
    if (!e.conference_sid) {
      if (e.call_sid && e.params.From) calls.set(e.call_sid, farEnd(e.params.Direction, e.params.From, e.params.To, e.params.CallerName));
      if (type === 'call-completed') calls.delete(e.call_sid);
      return;
    }
    const sid = e.conference_sid;
    if (type === 'conference-end') {
      ended.add(sid);
      if (conferences.delete(sid)) changed(null);
      return;
    }
    if (ended.has(sid)) return;
    const c = conference(sid, e.params.FriendlyName, 'init', Date.parse(e.time));
    if (type === 'conference-start') c.status = 'in-progress';
    if (type === 'participant-leave') {
      c.people.delete(e.call_sid);
    } else if (type.startsWith('participant-') && e.call_sid) {
      const q = e.params;
      const p = person(c, e.call_sid);
      Object.assign(p, {
        muted: yes(q.Muted), hold: yes(q.Hold), coaching: yes(q.Coaching), coached: q.CallSidToCoach ?? '', endOnExit: yes(q.EndConferenceOnExit), label: q.ParticipantLabel ?? '',
      });
      if (type === 'participant-join') { p.joined = Date.parse(e.time); p.status = 'connected'; }
      if (type === 'participant-invite') p.status = 'ringing';
    }
    c.count = c.people.size;
    changed(sid);
  };

  const onLevels = ({ conference_sid: sid, participants }) => {
    const c = conferences.get(sid);
    if (!c) return;
    c.talking = [];
    for (const { call_sid: call, talking, level } of participants) {
      const p = c.people.get(call);
      if (talking) c.talking.push(call);
      if (p) { p.talking = talking; p.level = level; }
    }
    if (!c.loaded && c.count !== participants.length) { c.count = participants.length; changed(sid); }
    levels(sid);
  };

  const stops = [watchEvents({ onSync: sync, onEvent }), watchLive({ onEvent: onLevels }, 'every=250')];
  return { conferences, load, close() { stops.forEach((f) => f()); stop.abort(); clearTimeout(timer); } };
}
