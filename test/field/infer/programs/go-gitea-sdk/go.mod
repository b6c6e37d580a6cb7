module git.acme.example/acme/triage

go 1.22

require code.gitea.io/sdk/gitea v0.18.0
