package agent

import "net/http"

func Work() error {
	_, err := http.Get("https://git.example.com/api/v1/orgs/acme")
	return err
}
