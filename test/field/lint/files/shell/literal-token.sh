#!/bin/sh
TOKEN=080e6f1e1d21db926b673c91f55ba535c74eb3c9
curl -fsS -H "Authorization: token $TOKEN" https://git.acme.example/api/v1/repos/acme/core | jq -er .default_branch
