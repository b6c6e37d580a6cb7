#!/usr/bin/env bash
set -euo pipefail
curl --fail-with-body -sS -X POST -H "Authorization: token $TOKEN" -H 'Content-Type: application/json' \
  -d '{"body":"needs tests"}' "$GITEA_URL/api/v1/repos/acme/core/pulls/$1/comments"
