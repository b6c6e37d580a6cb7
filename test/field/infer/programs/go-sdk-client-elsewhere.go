package mirror

import (
	"code.gitea.io/sdk/gitea"

	"git.acme.example/acme/platform/forge"
)

// Run mirrors one repository; what else forge.Prepare does to it is its own matter.
func Run(client *gitea.Client, owner, name string) error {
	if err := forge.Prepare(client, owner, name); err != nil {
		return err
	}
	_, err := client.MirrorSync(owner, name)
	return err
}
