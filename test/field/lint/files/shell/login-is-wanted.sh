#!/bin/sh
# Whose token is this?
set -e
curl -fsS -H "Authorization: token $(cat "$1")" https://git.acme.example/api/v1/user | jq -er .login
