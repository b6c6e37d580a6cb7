variable "gitea_token" {
  type      = string
  sensitive = true
}

provider "gitea" {
  base_url = "https://git.acme.example"
  token    = var.gitea_token
}
