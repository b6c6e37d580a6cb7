#!/usr/bin/env bash
set -euo pipefail
curl -s -X POST -H "Authorization: token $TOKEN" -H 'Content-Type: application/json' -d '{"title":"weekly"}' \
  "$GITEA_URL/api/v1/repos/acme/ops/issues" | python3 -c 'import json, sys; print(json.load(sys.stdin)["number"])'
