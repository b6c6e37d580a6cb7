#!/usr/bin/env bash
set -euo pipefail
code=$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/repos/acme/core/issues?type=issues&limit=1&page=1")
if [ "$code" = 403 ]; then
  echo "token is missing scope read:issue" >&2
  exit 1
fi
