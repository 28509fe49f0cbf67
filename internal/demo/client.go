package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// muted is the body of the request that mutes a participant.
const muted = "Muted=True"

// credentials are an account's.
type credentials struct{ account, token string }

// String keeps the token out of what is written.
func (c credentials) String() string { return c.account }

// client is the application's hold on the REST API.
type client struct {
	who  credentials
	base string
	http *http.Client
}

func newClient(who credentials, base string) *client {
	return &client{who, base, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}}
}

// participant returns the address of a participant.
func (c *client) participant(conference, call string) string {
	return c.base + "/2010-04-01/Accounts/" + c.who.account + "/Conferences/" + conference + "/Participants/" + call + ".json"
}

// curl returns the command that makes the same request as mute. The token is
// left for the reader to fill in.
func (c *client) curl(conference, call string) string {
	return fmt.Sprintf("curl -XPOST %s \\\n    -d %q \\\n    -u '%s:{AuthToken}'", c.participant(conference, call), muted, c.who.account)
}

// mute mutes a participant.
func (c *client) mute(ctx context.Context, conference, call string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.participant(conference, call), strings.NewReader(muted))
	if err != nil {
		return err
	}
	req.SetBasicAuth(c.who.account, c.who.token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	var participant struct {
		Muted bool `json:"muted"`
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("answered with status %d: %.200q", answer.StatusCode, body)
	}
	if err := json.Unmarshal(body, &participant); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if !participant.Muted {
		return fmt.Errorf("the answer says not muted: %.200q", body)
	}
	return nil
}
