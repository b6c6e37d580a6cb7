package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

type team struct{ Name string }
type user struct{ Login string }

func get[T any](path string) (T, error) {
	var out T
	req, _ := http.NewRequest(http.MethodGet, os.Getenv("GITEA_URL")+"/api/v1"+path, nil)
	req.Header.Set("Authorization", "token "+os.Getenv("GITEA_TOKEN"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	return out, json.NewDecoder(resp.Body).Decode(&out)
}

func main() {
	me, _ := get[user]("/user")
	teams, _ := get[[]team]("/orgs/acme/teams?limit=50&page=1")
	fmt.Println(me.Login, len(teams))
}
