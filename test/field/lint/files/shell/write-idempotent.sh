#!/usr/bin/env bash
# Labels that exist already are fine; anything else is not.
set -euo pipefail
while read -r name color; do
  code=$(curl -s -o /dev/null -w '%{http_code}' -X POST -H "Authorization: token $TOKEN" -H 'Content-Type: application/json' \
    -d "{\"name\":\"$name\",\"color\":\"$color\"}" "$GITEA_URL/api/v1/repos/acme/core/labels")
  [[ $code == 201 || $code == 409 || $code == 422 ]] || exit 1
done <labels.txt
