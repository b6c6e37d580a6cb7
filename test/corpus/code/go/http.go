package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
)

const apiPath = "/api/v1"

var base = strings.TrimRight(os.Getenv("GITEA_URL"), "/") + apiPath

type client struct {
	http  *http.Client
	base  string
	token string
}

func newClient(root, token string) *client {
	return &client{http: http.DefaultClient, base: root + "/api/v1", token: token}
}

func (c *client) do(ctx context.Context, method, path string, body any) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, nil)
	if err != nil {
		return nil, err
	}
	return c.http.Do(req)
}

func (c *client) issues(ctx context.Context, owner, repo string) error {
	_, err := c.do(ctx, http.MethodGet, fmt.Sprintf("/repos/%s/%s/issues?state=open", url.PathEscape(owner), repo), nil)
	return err
}

func (c *client) comment(ctx context.Context, owner, repo string, index int64) error {
	path := fmt.Sprintf("/repos/%s/%s/issues/%d/comments", owner, repo, index)
	_, err := c.do(ctx, "POST", path, nil)
	return err
}

func main() {
	http.Get(base + "/version")
	http.Post(base+"/user/repos", "application/json", nil)
	req, _ := http.NewRequest("DELETE", base+"/user/keys/"+os.Args[1], nil)
	http.DefaultClient.Do(req)
	put, _ := http.NewRequest(http.MethodPut, fmt.Sprintf("%s/api/v1/repos/%s/%s/collaborators/%s", os.Getenv("GITEA_URL"), "acme", "app", "bot"), nil)
	http.DefaultClient.Do(put)
	endpoint, _ := url.JoinPath(base, "orgs", "acme", "members")
	http.Get(endpoint)
	http.Get("https://api.github.com/repos/acme/app")
}
