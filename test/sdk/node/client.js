// docs/moving-from-twilio.md shows what stands between the two lines.

// snippet: node
import twilio from 'twilio';

export function newClient(base, accountSid, user, password) {
  const client = twilio(user, password, { accountSid });
  client.api.baseUrl = base; // such as http://127.0.0.1:8080
  return client;
}
// end of snippet
