#!/usr/bin/env bash
set -euo pipefail
org=https://agents-team.moleculesai.app
curl -s -X POST -H "Authorization: Bearer $ADMIN_TOKEN" -H "Origin: $org" -H "X-Molecule-Org-Id: $ORG_ID" \
  -H 'Content-Type: application/json' -d "{\"GITEA_TOKEN\":\"$NEW\"}" \
  "$org/workspaces/$WS/secrets"
curl -s -X POST -H "Authorization: Bearer $ADMIN_TOKEN" -H "Origin: $org" -H "X-Molecule-Org-Id: $ORG_ID" "$org/workspaces/$WS/restart"
