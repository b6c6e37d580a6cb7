package main

import (
	"fmt"
	"os"

	"github.com/go-resty/resty/v2"
)

func main() {
	client := resty.New().SetBaseURL("https://git.acme.example/api/v1").SetHeader("Authorization", "token "+os.Getenv("TOKEN"))
	var users []struct{ Login string }
	if _, err := client.R().SetResult(&users).SetQueryParam("limit", "50").Get("/admin/users"); err != nil {
		panic(err)
	}
	fmt.Println(len(users))
}
