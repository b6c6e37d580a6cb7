#!/usr/bin/env bash
# Closes issues that nobody touched for ninety days.
set -euo pipefail
: "${GITEA_URL:?}" "${GITEA_TOKEN:?}"
repo=${1:-acme/core}

api() {
  local method=$1 path=$2
  shift 2
  curl -fsS -X "$method" -H "Authorization: token $GITEA_TOKEN" -H 'Content-Type: application/json' \
    "$GITEA_URL/api/v1$path" "$@"
}

before=$(date -u -d '90 days ago' +%FT%TZ)
for n in $(api GET "/repos/$repo/issues?type=issues&state=open&before=$before&limit=50&page=1" | jq -r '.[].number'); do
  api POST "/repos/$repo/issues/$n/comments" -d '{"body":"Closed after ninety quiet days."}'
  api PATCH "/repos/$repo/issues/$n" -d '{"state":"closed"}'
done
