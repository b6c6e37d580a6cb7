provider "gitea" {
  base_url = var.gitea_url
  token    = var.gitea_token
}

resource "gitea_token" "robot" {
  username = "robot"
  name     = "swarm"
  scopes   = ["read:issue", "write:repository", "read:user"]
}

resource "gitea_token" "other" {
  name   = "swarm"
  scopes = local.scopes
}

resource "gitea_user" "robot" {
  username = "robot"
  password = random_password.robot.result
  email    = "robot@example.org"
}

module "engine" {
  source = "git::https://git.example.org/acme/engine.git?ref=3f786850e387550fdab836ed7e6dc881de23001b"
}
