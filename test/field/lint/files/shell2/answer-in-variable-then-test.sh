#!/usr/bin/env bash
set -euo pipefail
id=$(curl -s -X POST -H "Authorization: token $TOKEN" -H 'Content-Type: application/json' -d '{"title":"weekly"}' \
  "$GITEA_URL/api/v1/repos/acme/ops/issues" | jq -r '.id // empty')
[ -n "$id" ] || { echo "no issue was made" >&2; exit 1; }
echo "issue $id"
