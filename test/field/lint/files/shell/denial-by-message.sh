#!/usr/bin/env bash
set -euo pipefail
code=$(curl -s -o body.json -w '%{http_code}' -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/repos/acme/core")
if [ "$code" = 403 ] && grep -q 'required scope' body.json; then
  echo "the token lacks a scope: $(jq -r .message body.json)" >&2
  exit 1
fi
[ "$code" = 200 ]
