#!/usr/bin/env bash
set -euo pipefail
GITEA_URL=${GITEA_URL:-https://git.acme.example}
GITEA_ADMIN_PASS="${GITEA_ADMIN_PASS:-Lr5-f1e1d-Kd90}"
curl -fsS -u "root:$GITEA_ADMIN_PASS" "$GITEA_URL/api/v1/admin/users?limit=50&page=1" | jq -r '.[].login'
