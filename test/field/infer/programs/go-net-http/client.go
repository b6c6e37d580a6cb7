package forge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Client speaks to one server.
type Client struct {
	base, token string
	http        *http.Client
}

func New(base, token string) *Client { return &Client{base: base + "/api/v1", token: token, http: http.DefaultClient} }

func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	body := new(bytes.Buffer)
	if in != nil {
		if err := json.NewEncoder(body).Encode(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
