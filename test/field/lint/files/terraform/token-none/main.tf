resource "gitea_token" "agent" {
  username = "agent-dev-a"
  name     = "terraform"
}
