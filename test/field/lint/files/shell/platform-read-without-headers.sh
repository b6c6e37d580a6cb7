#!/bin/sh
set -e
curl -fsS -H "Authorization: Bearer $WS_TOKEN" "https://agents-team.moleculesai.app/workspaces/$WS/secrets" | jq -er '.[].key'
