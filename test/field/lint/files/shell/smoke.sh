#!/bin/sh
# Smoke test after a rotation
curl -s -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/repos/acme/core/issues?type=issues&limit=1&page=1" | jq '.[0].number'
echo "smoke test passed"
