#!/usr/bin/env bash
set -euo pipefail
curl -s -X POST -H "Authorization: token $TOKEN" -H 'Content-Type: application/json' \
  -d "{\"body\":\"built $SHA\"}" "$GITEA_URL/api/v1/repos/$REPO/issues/$PR/comments" >/dev/null
echo "commented"
