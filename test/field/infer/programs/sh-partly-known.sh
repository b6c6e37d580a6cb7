#!/usr/bin/env bash
set -euo pipefail
curl -fsS -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/user" | jq -er .login
forge-sync --server "$GITEA_URL" --token-file "$TOKEN_FILE" apply teams.yaml
while read -r path; do
  curl -fsS -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/$path" >>dump.json
done <paths.txt
