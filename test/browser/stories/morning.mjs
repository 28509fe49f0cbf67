// A morning at a switch: conferences that live, one that is over, calls that went well
// and not, and what was set up. What pages are looked at with.

/** Has it happen; returns the SIDs of a live conference, one that is over, and a call. */
export async function morning(s) {
  const live = async (name) => (await s.rest('GET', 'Conferences')).conferences.find((c) => c.friendly_name === name && c.status === 'in-progress');
  const seats = async (sid) => (await s.rest('GET', `Conferences/${sid}/Participants`)).participants;

  // What is set up.
  await s.rest('POST', 'IncomingPhoneNumbers', { PhoneNumber: '+15550123', FriendlyName: 'Support', VoiceUrl: 'https://support.example.com/voice/incoming?region=eu-central', VoiceMethod: 'POST' });
  await s.rest('POST', 'IncomingPhoneNumbers', { PhoneNumber: '+15550100', FriendlyName: 'Conference line' });
  await s.rest('POST', 'Applications', { FriendlyName: 'Browser phones of the sales team', VoiceUrl: 'https://sales.example.com/twiml/outgoing' });
  await s.rest('POST', 'Applications', { FriendlyName: 'Standup bot', VoiceUrl: 'https://bots.example.com/standup', StatusCallback: 'https://bots.example.com/status' });
  for (const [FriendlyName, Role] of [['Dashboard in the hall', 'look'], ['Reception', 'moderate'], ['Terraform', 'administer']]) await s.rest('POST', 'Keys', { FriendlyName, Role });
  const admin = await s.signedIn();
  await admin.evaluate(async () => {
    const { request } = await import('/console/api.js');
    for (const json of [
      { name: 'Monday planning', code: '24680', moderator_pin: '13579', ends_with_moderator: true, language: 'en-US', greeting: 'Welcome to the planning of the week.', max_participants: 12, max_minutes: 60 },
      { name: 'Vertriebsbesprechung Süd und Österreich', code: '77001', language: 'de-DE', greeting: 'Willkommen zur Besprechung. Bitte schalten Sie Ihr Mikrofon stumm, solange Sie nicht sprechen, damit alle alles hören.' },
      { name: 'Old room', code: '99001', language: 'en-US', closed: true },
    ]) await request('POST', '/line/v1/rooms', { json });
  });
  await admin.context().close();

  // One that is over.
  for (const name of ['Mary', 'Alice', 'Bob', 'Charles']) await s.props('call', { name, to: 'Quarterly' });
  let past = null;
  await s.until('four are in it', async () => (past = await live('Quarterly')) && (await seats(past.sid)).length === 4);
  const seat = async (name) => `Conferences/${past.sid}/Participants/${(await seats(past.sid)).find((p) => p.label === name).call_sid}`;
  await s.props('speak', { name: 'Mary', pitch: 443, ms: 1500 });
  await s.props('speak', { name: 'Alice', pitch: 617, ms: 900 });
  for (const name of ['Alice', 'Bob', 'Charles']) await s.rest('POST', await seat(name), { Muted: true });
  await s.props('speak', { name: 'Mary', pitch: 443, ms: 900 });
  await s.rest('POST', await seat('Bob'), { Hold: true });
  await s.props('speak', { name: 'Alice', pitch: 617, ms: 600 });
  for (const name of ['Charles', 'Bob', 'Alice', 'Mary']) await s.props('hangup', { name });
  await s.until('it is over', async () => !(await live('Quarterly')));

  // Those that live.
  for (const [name, pitch] of [['Mary', 443], ['Alice', 617], ['Bob', 0], ['+442079460123', 0], ['Dora', 0]]) await s.props('call', { name, to: 'TeamMeeting', pitch });
  for (const name of ['Eve', 'Frank']) await s.props('call', { name, to: 'Interview' });
  await s.props('call', { name: 'Greta', to: 'Standup' });
  let team = null;
  await s.until('all are in', async () => (team = await live('TeamMeeting')) && (await seats(team.sid)).length === 5);
  const there = await seats(team.sid);
  const change = (label, form) => s.rest('POST', `Conferences/${team.sid}/Participants/${there.find((p) => p.label === label).call_sid}`, form);
  await change('Bob', { Muted: true });
  await change('+442079460123', { Hold: true });
  await change('Dora', { Label: 'Alexandra Featherstonehaugh-Cholmondeley (Finance)', Muted: true, Hold: true });

  // A call that was asked for digits, and of which not all went well.
  await s.props('call', { name: '+4989123456', to: 'Support' });
  let call = null;
  const story = async () => (await fetch(s.at(`/v1/calls/${call.sid}/story`), { headers: s.basic })).json();
  await s.until('it is asked for digits', async () => {
    call = (await s.rest('GET', 'Calls')).calls.find((c) => c.to.includes('Support'));
    return call && (await story()).verbs.some((v) => v.name === 'Gather');
  });
  await s.props('press', { name: '+4989123456', keys: '4711' });
  await s.until('its events are tried', async () => (await story()).webhooks.some((w) => w.attempts.length > 0));
  await s.until('its sound is measured', async () => (await story()).quality.length > 1, 20_000);
  return { live: team.sid, past: past.sid, call: call.sid };
}
