terraform {
  required_providers {
    forgejo = {source = "svalabs/forgejo"}
  }
}

provider "forgejo" {
  host = "https://forge.acme.example"
}

resource "forgejo_organization" "platform" {
  name = "platform"
}

resource "forgejo_deploy_key" "fleet" {
  repository_id = 12
  title         = "fleet"
  key           = file("fleet.pub")
  read_only     = true
}
