// Command steps sends the requests that a file lists to the forge.
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
)

type step struct{ Method, Path, Body string }

func main() {
	var steps []step
	raw, _ := os.ReadFile(os.Args[1])
	_ = json.Unmarshal(raw, &steps)
	for _, s := range steps {
		req, _ := http.NewRequest(s.Method, os.Getenv("GITEA_URL")+"/api/v1"+s.Path, strings.NewReader(s.Body))
		req.Header.Set("Authorization", "token "+os.Getenv("GITEA_TOKEN"))
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode > 299 {
			os.Exit(1)
		}
	}
}
