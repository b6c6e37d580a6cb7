#!/usr/bin/env bash
set -euo pipefail
curl --fail-with-body -sS -X POST -H "Authorization: token $ADMIN_TOKEN" -H 'Content-Type: application/json' \
  -d '{"name":"agent","scopes":["write:issue"]}' \
  "$GITEA_URL/api/v1/users/$1/tokens" | jq -er .sha1
