package main

import (
	"log"
	"os"

	"code.gitea.io/sdk/gitea"
)

func main() {
	client, err := gitea.NewClient(os.Getenv("GITEA_URL"), gitea.SetToken(os.Getenv("GITEA_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	issues, _, err := client.ListRepoIssues("acme", "core", gitea.ListIssueOption{Type: gitea.IssueTypeIssue, State: gitea.StateOpen})
	if err != nil {
		log.Fatal(err)
	}
	for _, issue := range issues {
		if len(issue.Labels) == 0 {
			_, _, err = client.CreateIssueComment("acme", "core", issue.Index, gitea.CreateIssueCommentOption{Body: "Please label."})
			if err != nil {
				log.Print(err)
			}
		}
	}
}
