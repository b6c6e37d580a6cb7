resource "gitea_token" "agent" {
  username = "agent-dev-a"
  name     = "terraform"
  scopes   = ["read:user", "write:issue", "write:repository"]
}

output "token" {
  value     = gitea_token.agent.token
  sensitive = true
}
