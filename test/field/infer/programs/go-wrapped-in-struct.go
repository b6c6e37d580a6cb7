package main

import (
	"bytes"
	"net/http"
	"os"
)

type forge struct {
	root  string
	token string
}

func (f forge) send(method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequest(method, f.root+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "token "+f.token)
	return http.DefaultClient.Do(req)
}

func (f forge) post(path, body string) error {
	resp, err := f.send(http.MethodPost, path, []byte(body))
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func main() {
	f := forge{root: os.Getenv("GITEA_URL") + "/api/v1", token: os.Getenv("GITEA_TOKEN")}
	if err := f.post("/repos/acme/core/issues/"+os.Args[1]+"/labels", `{"labels":[3]}`); err != nil {
		os.Exit(1)
	}
}
