#!/usr/bin/env bash
set -euo pipefail
status=$(curl -s -o /tmp/answer -w '%{http_code}' -X PUT -H "Authorization: token $TOKEN" \
  -H 'Content-Type: application/json' -d '{"permission":"write"}' "$GITEA_URL/api/v1/repos/acme/core/collaborators/$1")
case $status in
  204) echo "added $1" ;;
  *) cat /tmp/answer >&2; exit 1 ;;
esac
