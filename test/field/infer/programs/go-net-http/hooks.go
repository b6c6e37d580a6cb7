package forge

import (
	"context"
	"fmt"
	"net/http"
)

type Repo struct{ FullName string `json:"full_name"` }
type Hook struct{ ID int64 }

func (c *Client) OrgRepos(ctx context.Context, org string) (repos []Repo, err error) {
	err = c.do(ctx, http.MethodGet, fmt.Sprintf("/orgs/%s/repos?limit=50", org), nil, &repos)
	return
}

func (c *Client) AddHook(ctx context.Context, repo string, hook Hook) error {
	return c.do(ctx, http.MethodPost, "/repos/"+repo+"/hooks", hook, &hook)
}

func (c *Client) RemoveHook(ctx context.Context, repo string, id int64) error {
	return c.do(ctx, "DELETE", fmt.Sprintf("/repos/%s/hooks/%d", repo, id), nil, nil)
}
