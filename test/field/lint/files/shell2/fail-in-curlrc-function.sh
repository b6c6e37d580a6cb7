#!/usr/bin/env bash
set -euo pipefail
forge() { curl -fsS -H "Authorization: token $TOKEN" -H 'Content-Type: application/json' "$@"; }
forge -X PUT "$GITEA_URL/api/v1/teams/3/members/agent-dev-a"
forge -X DELETE "$GITEA_URL/api/v1/teams/3/members/agent-old"
