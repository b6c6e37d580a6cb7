#!/usr/bin/env bash
set -euo pipefail
for repo in core shop site; do
  curl -s -X POST -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/repos/acme/$repo/mirror-sync" >/dev/null 2>&1 &
done
wait
