#!/usr/bin/env bash
# A password mints: no token, so no scope.
set -euo pipefail
curl -fsS --netrc-file /run/admin.netrc -X POST -H 'Content-Type: application/json' \
  -d '{"name":"work","scopes":["write:issue"]}' "$GITEA_URL/api/v1/users/agent-dev-a/tokens" | jq -er .sha1
