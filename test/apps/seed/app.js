// A conference system in three routes: greet, ask for the access code, join.
//
//   PORT=3000 TWILIO_AUTH_TOKEN=… npm start
//
// With TWILIO_AUTH_TOKEN set, only signed requests are answered.
import express from 'express';
import twilio from 'twilio';
import conferences from './conferences.js';

const { VoiceResponse } = twilio.twiml;

const app = express();
app.use(express.urlencoded({ extended: false }));
if (process.env.TWILIO_AUTH_TOKEN) {
  app.use(twilio.webhook());
}

app.post('/voice', (request, response) => {
  const twiml = new VoiceResponse();
  twiml.say({ voice: 'alice' }, 'Welcome to the conference system.');
  twiml.redirect('/gather');
  response.send(twiml.toString());
});

app.post('/gather', (request, response) => {
  const twiml = new VoiceResponse();
  const gather = twiml.gather({
    timeout: 10,
    finishOnKey: '#',
    action: '/join',
  });
  gather.say({ voice: 'alice' }, 'Please enter your access code.');
  twiml.redirect('/gather');
  response.send(twiml.toString());
});

app.post('/join', (request, response) => {
  const twiml = new VoiceResponse();
  const conference = conferences(request.body.Digits);
  if (conference) {
    twiml.say({ voice: 'alice' }, 'You are now entering the conference.');
    twiml.dial().conference(conference);
  } else {
    twiml.say({ voice: 'alice' }, 'The access code you entered is incorrect.');
    twiml.redirect('/gather');
  }
  response.send(twiml.toString());
});

const server = app.listen(process.env.PORT || 3000, '127.0.0.1', (error) => {
  if (error) {
    console.error(error.message);
    process.exit(1);
  }
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
