#!/usr/bin/env bash
set -euo pipefail
curl -fsS -H "Authorization: token $TOKEN" \
  "$GITEA_URL/api/v1/repos/acme/core/issues?state=open&labels=approved&limit=10&page=1" | jq -r '.[] | .number'
