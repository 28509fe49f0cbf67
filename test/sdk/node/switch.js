// The running program, its phone, and an application that it asks.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import twilio from 'twilio';

export const byPOST = '+15550100'; // callbacks of its conference come by POST
export const byGET = '+15550101'; // and of this one's by GET
export const faulty = '+15550102'; // its document draws a warning

// until waits for a condition, which may be asynchronous.
export async function until(what, condition) {
  for (const deadline = Date.now() + 20_000; !(await condition()); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`not within 20s: ${what}`);
  }
}

const ended = (child) => new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));

// start starts an application, and the program with its numbers. When the test
// ends so do they, and the program must do so cleanly.
export async function start(t, program) {
  const closing = []; // the last one first
  t.after(async () => { for (const close of closing.reverse()) await close(); });
  const got = []; // what the application was asked
  let token;
  const app = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const url = `http://${request.headers.host}${request.url}`;
    const form = Object.fromEntries(new URLSearchParams(request.method === 'GET' ? new URL(url).search : body));
    const valid = twilio.validateRequest(token, request.headers['x-twilio-signature'] ?? '', url, request.method === 'GET' ? {} : form);
    const { pathname } = new URL(url);
    got.push({ method: request.method, path: pathname, form, valid });
    response.setHeader('Content-Type', 'text/xml');
    if (pathname === '/team') {
      const dial = new twilio.twiml.VoiceResponse();
      dial.dial().conference({
        participantLabel: `label ${form.From}`,
        statusCallback: `${origin}/events?room=a%20b&who=%C3%A9+~`,
        statusCallbackMethod: form.To === byGET ? 'GET' : 'POST',
        statusCallbackEvent: ['start', 'end', 'join', 'leave', 'mute', 'hold'],
      }, 'Team');
      response.end(dial.toString());
    } else if (pathname === '/faulty') {
      response.end('<Response><Pause length="soon"/><Hangup/></Response>');
    } else {
      response.end();
    }
  });
  await new Promise((done) => app.listen(0, '127.0.0.1', done));
  closing.push(() => { app.close(); app.closeAllConnections(); });
  const origin = `http://127.0.0.1:${app.address().port}`;

  const dir = await mkdtemp(join(tmpdir(), 'confab-sdk-'));
  closing.push(() => rm(dir, { recursive: true }));
  const [config, data] = [join(dir, 'confab.yaml'), join(dir, 'data')];
  await writeFile(config, `
numbers:
  - {number: "${byPOST}", voice_url: "${origin}/team", status_callback: "${origin}/done"}
  - {number: "${byGET}", voice_url: "${origin}/team?by=get#rc=1", voice_method: GET}
  - {number: "${faulty}", voice_url: "${origin}/faulty"}
number_blocks:
  - {first: "+14155550200", last: "+14155550204", country: US, type: local}
`);
  let log = '';
  const server = spawn(program, ['serve', '--config', config, '--data', data, '--sip', '127.0.0.1:0', '--http', '127.0.0.1:0',
    '--rtp-ports', '17000-17999', '--speech-engine', 'tones', '--drain-timeout', '1s']);
  for (const out of [server.stdout, server.stderr]) out.on('data', (text) => { log += text; });
  const over = ended(server);
  closing.push(async () => {
    server.kill('SIGTERM');
    if ((await over) !== 0) throw new Error(`the program ended with ${await over}:\n${log}`);
  });
  let found;
  await until('the program serves', () => (found = /msg=serving sip=(\S+) http=(\S+)/.exec(log)));
  const account = JSON.parse(await readFile(join(data, 'account.json'), 'utf8'));
  token = account.auth_token;

  // call has somebody call a number until the test ends.
  const call = (from, number) => {
    const phone = spawn(program, ['call', '--from', from, '--tone', '440', '--for', '2m', `sip:${number}@${found[1]}`], { stdio: 'ignore' });
    const hungUp = ended(phone);
    closing.push(async () => { phone.kill('SIGINT'); await hungUp; });
  };
  return { ...account, base: `http://${found[2]}`, origin, got, call };
}
