#!/bin/sh
curl -sf -H "Authorization: token $TOKEN" https://git.acme.example/api/v1/user >/dev/null || { echo "token is dead" >&2; exit 1; }
