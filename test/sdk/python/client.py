# docs/moving-from-twilio.md shows what stands between the two lines.

# snippet: python
from twilio.rest import Client


def new_client(base, account_sid, user, password):
    client = Client(user, password, account_sid)
    client.api.base_url = base  # such as http://127.0.0.1:8080
    return client
# end of snippet
