resource "null_resource" "mint" {
  provisioner "local-exec" {
    command = "gitea admin user generate-access-token --username agent --token-name tf --scopes read:repo --raw > token"
  }
}
