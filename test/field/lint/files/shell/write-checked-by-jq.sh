#!/usr/bin/env bash
set -euo pipefail
answer=$(curl -s -X POST -H "Authorization: token $TOKEN" -H 'Content-Type: application/json' \
  -d '{"name":"core","private":true}' "$GITEA_URL/api/v1/orgs/acme/repos")
if ! jq -e '.id' >/dev/null <<<"$answer"; then
  jq -r '.message // "no answer"' <<<"$answer" >&2
  exit 1
fi
