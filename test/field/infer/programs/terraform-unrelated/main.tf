resource "local_file" "motd" {
  filename = "${path.module}/motd"
  content  = "Maintained by the platform team\n"
}

resource "random_pet" "name" {
  length = 2
}
