package main

import (
	"code.gitea.io/sdk/gitea"
)

type bot struct {
	client *gitea.Client
}

func connect() (*gitea.Client, error) {
	return gitea.NewClient("https://git.example.com", gitea.SetToken("not-a-token"))
}

func (b *bot) work() {
	me, _, _ := b.client.GetMyUserInfo()
	issues, _, _ := b.client.ListRepoIssues("acme", "app", gitea.ListIssueOption{})
	for _, issue := range issues {
		b.client.CreateIssueComment("acme", "app", issue.Index, gitea.CreateIssueCommentOption{Body: me.UserName})
	}
	b.client.MadeUpMethod("acme")
	b.client.SetContext(nil)
}

func main() {
	c, err := connect()
	if err != nil {
		panic(err)
	}
	c.CreateAccessToken(gitea.CreateAccessTokenOption{Name: "ci"})
	c.CreatePullRequest("acme", "app", gitea.CreatePullRequestOption{})
	c.AddCollaborator("acme", "app", "bot", gitea.AddCollaboratorOption{})
	c.ListMyRepos(gitea.ListReposOptions{})
}
