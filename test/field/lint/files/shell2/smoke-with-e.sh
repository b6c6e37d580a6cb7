#!/bin/sh
set -e
curl -fsS -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/repos/acme/core/issues?type=issues&limit=1&page=1" | jq -e '.[0].number'
