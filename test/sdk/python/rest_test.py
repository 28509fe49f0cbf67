"""Twilio's library for Python tries a running switch: its address, account and
token are in the environment."""

import os
import unittest

from twilio.base.exceptions import TwilioRestException

from client import new_client

BASE, SID, TOKEN = (os.environ["CONFAB_" + name] for name in ("BASE", "SID", "TOKEN"))


class Rest(unittest.TestCase):
    def setUp(self):
        self.client = new_client(BASE, SID, SID, TOKEN)

    def refused(self, status, code, ask):
        with self.assertRaises(TwilioRestException) as caught:
            ask()
        self.assertEqual((caught.exception.status, caught.exception.code), (status, code))

    def test_account(self):
        account = self.client.api.accounts(SID).update(friendly_name="Tea & cake")
        self.assertEqual((account.sid, account.friendly_name), (SID, "Tea & cake"))
        self.assertEqual(self.client.api.accounts(SID).fetch().friendly_name, "Tea & cake")

    def test_application_and_number(self):
        application = self.client.applications.create(friendly_name="Tea", voice_url="http://127.0.0.1:3000/voice", voice_method="GET")
        number = self.client.incoming_phone_numbers.create(phone_number="+15550123", voice_application_sid=application.sid)
        self.assertEqual(number.voice_application_sid, application.sid)
        found = self.client.incoming_phone_numbers.list(phone_number="+15550123")
        self.assertEqual([n.sid for n in found], [number.sid])
        self.assertTrue(number.delete())
        self.assertEqual(self.client.incoming_phone_numbers.list(phone_number="+15550123"), [])

    def test_pages(self):
        made = {self.client.applications.create(friendly_name="of many").sid for _ in range(5)}
        self.assertEqual({a.sid for a in self.client.applications.stream(friendly_name="of many", page_size=2)}, made)

    def test_what_is_not_there(self):
        self.assertEqual(self.client.conferences.list(status="in-progress"), [])
        self.refused(404, 20404, self.client.calls("CA" + 32 * "0").fetch)
        self.refused(404, 20404, lambda: self.client.conferences("CF" + 32 * "0").participants("ann").update(muted=True))

    def test_key(self):
        key = self.client.new_keys.create(friendly_name="dashboard")
        by_key = new_client(BASE, SID, key.sid, key.secret)
        self.assertEqual(by_key.calls.list(), [])
        self.refused(401, 20003, by_key.api.accounts(SID).fetch)

    def test_stranger(self):
        self.refused(401, 20003, new_client(BASE, SID, SID, "wrong").calls("CA" + 32 * "0").fetch)


if __name__ == "__main__":
    unittest.main()
