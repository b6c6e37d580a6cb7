#!/usr/bin/env bash
set -euo pipefail
org=https://agents-team.moleculesai.app
token=$(curl --fail-with-body -sS -X POST -H "Authorization: Bearer $ORG_TOKEN" -H "Origin: $org" -H "X-Molecule-Org-Id: $ORG_ID" \
  -H 'Content-Type: application/json' -d '{"name":"dev-a","model":"m"}' "$org/workspaces" | jq -r .auth_token)
echo "$token" > workspace.token
