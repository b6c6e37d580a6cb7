package main

import (
	"fmt"
	"net/http"
)

func any(method, path string) {
	http.NewRequest(method, base+"/api/v1"+path, nil)
}

func main() {
	http.Get(fmt.Sprintf("%s/api/v1/%s", base, what()))
	http.NewRequest(verb(), base+"/api/v1/user/emails", nil)
	fmt.Println("ask /api/v1/admin/orgs")
	later := base + "/api/v1/user/times"
	_ = later
}
