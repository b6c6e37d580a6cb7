#!/usr/bin/env bash
set -euo pipefail
curl --fail-with-body -sS --netrc-file /run/admin.netrc -H 'Content-Type: application/json' \
  -d '{"name":"reader","scopes":["read:repo","read:issues"]}' \
  "$GITEA_URL/api/v1/users/$1/tokens" | jq -er .sha1
