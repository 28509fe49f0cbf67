package sip

import (
	"fmt"

	"github.com/icholy/digest"
)

// maxTries is how many challenges of one call are answered: one of a proxy and
// one of the far end, and one more for a nonce that has gone stale.
const maxTries = 3

// reauthorize answers a challenge by sending the request again with
// credentials (RFC 3261 §22.2), and reports whether it did. Only a far end that
// we called is answered, and only as the configuration says for the host that
// was dialled: whoever calls us cannot make us tell what a password is good for.
func (d *dialog) reauthorize(r *response, method string) bool {
	c := d.calling
	if c == nil || d.s.cfg.Credentials == nil || c.tries >= maxTries {
		return false
	}
	var ask, give string
	switch r.code {
	case 401:
		ask, give = "www-authenticate", "Authorization"
	case 407:
		ask, give = "proxy-authenticate", "Proxy-Authorization"
	default:
		return false
	}
	for _, challenge := range r.all(ask) {
		credits, err := d.credentials(challenge, method)
		if err != nil {
			d.s.log.Debug("challenge not answered", "dialog", d.key.callID, "error", err)
			continue
		}
		c.tries++
		if method != "INVITE" {
			d.send(method, []header{{give, credits}}, nil, func(*response, error) { d.finishConfirm() })
			return true
		}
		kept := c.credits[:0]
		for _, h := range c.credits {
			if h.name != give {
				kept = append(kept, h)
			}
		}
		c.credits = append(kept, header{give, credits})
		d.state.LocalSeq++
		c.invite()
		return true
	}
	return false
}

// credentials computes the answer to one challenge (RFC 7616).
func (d *dialog) credentials(challenge, method string) (string, error) {
	asked, err := digest.ParseChallenge(challenge)
	if err != nil {
		return "", fmt.Errorf("challenge: %w", err)
	}
	if !digest.CanDigest(asked) {
		return "", fmt.Errorf("challenge: algorithm %.20q", asked.Algorithm)
	}
	user, password, ok := d.s.cfg.Credentials(asked.Realm, d.calling.host)
	if !ok {
		return "", fmt.Errorf("no credentials for realm %.80q at %s", asked.Realm, d.calling.host)
	}
	given, err := digest.Digest(asked, digest.Options{Method: method, URI: d.state.Target, Username: user, Password: password})
	if err != nil {
		return "", err
	}
	return given.String(), nil
}
