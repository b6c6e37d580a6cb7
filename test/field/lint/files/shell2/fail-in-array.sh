#!/usr/bin/env bash
set -euo pipefail
opts=(--fail-with-body -sS --retry 3 -H "Authorization: token $TOKEN" -H 'Content-Type: application/json')
curl "${opts[@]}" -X POST -d '{"title":"weekly"}' "$GITEA_URL/api/v1/repos/acme/ops/issues"
