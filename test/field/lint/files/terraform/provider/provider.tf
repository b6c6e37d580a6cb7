provider "gitea" {
  base_url = "https://git.acme.example"
  token    = "4c18bf1e1da96b0cf07ac0486d8f23454b0c0adb"
}
