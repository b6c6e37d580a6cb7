gitea_url   = "https://git.acme.example"
gitea_token = "c088cf1e1d3cc5a96cb8ba32e324c1c03298cb9a"
