package seed

import "code.gitea.io/sdk/gitea"

// Seed makes a user and lets it into a repository.
func Seed(url, token, login string) error {
	client, err := gitea.NewClient(url, gitea.SetToken(token))
	if err != nil {
		return err
	}
	if _, _, err = client.GetOrg("acme"); err != nil {
		return err
	}
	if _, _, err = client.AdminCreateUser(gitea.CreateUserOption{Username: login, Email: login + "@acme.example"}); err != nil {
		return err
	}
	mode := gitea.AccessModeWrite
	_, err = client.AddCollaborator("acme", "core", login, gitea.AddCollaboratorOption{Permission: &mode})
	return err
}
