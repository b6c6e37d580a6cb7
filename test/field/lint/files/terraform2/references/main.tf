resource "random_password" "root" {
  length  = 32
  special = true
}

resource "kubernetes_secret" "gitea" {
  metadata { name = "gitea-admin" }
  data = {
    username = "root"
    password = random_password.root.result
    token    = data.vault_generic_secret.gitea.data["token"]
  }
}
