package main

import (
	"log"
	"os"

	"codeberg.org/mvdkleijn/forgejo-sdk/forgejo/v2"
)

func main() {
	client, err := forgejo.NewClient("https://forge.acme.example", forgejo.SetToken(os.Getenv("FORGEJO_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	me, _, err := client.GetMyUserInfo()
	if err != nil {
		log.Fatal(err)
	}
	if _, _, err := client.CreateRelease(me.UserName, "core", forgejo.CreateReleaseOption{TagName: os.Args[1]}); err != nil {
		log.Fatal(err)
	}
}
