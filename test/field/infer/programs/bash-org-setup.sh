#!/usr/bin/env bash
set -euo pipefail
API=https://git.acme.example/api/v1
H="Authorization: token $ADMIN_BOT_TOKEN"
curl -fsS -H "$H" -H 'Content-Type: application/json' "$API/orgs/acme/repos" --data @- <<JSON
{"name": "$1", "private": true, "default_branch": "main"}
JSON
team=$(curl -fsS -H "$H" "$API/orgs/acme/teams/search?q=agents" | jq -er '.data[0].id')
curl -fsS -X PUT -H "$H" "$API/teams/$team/repos/acme/$1"
