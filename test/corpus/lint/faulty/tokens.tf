# Tokens for the robots.
provider "gitea" {
  base_url = "https://git.example.org"
  username = "root"
  password = "Tr0ub4dor-3"
}

resource "gitea_token" "a" {
  username = "robot-a"
  name     = "swarm"
}

resource "gitea_token" "b" {
  username = "robot-b"
  name     = "swarm"
  scopes   = ["read:issue", "write:pull-request", "write:user"]
}

resource "gitea_token" "c" {
  name   = "swarm"
  scopes = []
}

# patrol-lint: profile reviewer
resource "gitea_token" "d" {
  name   = "swarm"
  scopes = ["write:repository", "read:user"]
}

resource "null_resource" "push" {
  triggers = { api_token = "@HEX@" }
  provisioner "local-exec" {
    command = <<-EOT
      curl -X POST "${var.platform}/workspaces/${var.id}/secrets" \
        -d '{"GITEA_TOKEN": "${gitea_token.a.token}"}'
    EOT
  }
}
