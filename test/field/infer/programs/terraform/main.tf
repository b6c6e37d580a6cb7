terraform {
  required_providers {
    gitea = {
      source  = "go-gitea/gitea"
      version = "~> 0.6"
    }
  }
}

provider "gitea" {
  base_url = "https://git.acme.example"
  token    = var.gitea_token
}

variable "gitea_token" {
  type      = string
  sensitive = true
}

resource "gitea_org" "platform" {
  name       = "platform"
  visibility = "private"
}

resource "gitea_team" "agents" {
  name         = "agents"
  organisation = gitea_org.platform.name
  permission   = "write"
}
