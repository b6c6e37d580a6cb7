#!/usr/bin/env bash
# forge.sh open|close|tag ...
set -euo pipefail
base="$GITEA_URL/api/v1/repos/acme/core"
curl_() { curl -fsS -H "Authorization: token $GITEA_TOKEN" -H 'Content-Type: application/json' "$@"; }
case $1 in
  open) curl_ -d "{\"title\":\"$2\"}" "$base/issues" ;;
  close) curl_ -X PATCH -d '{"state":"closed"}' "$base/issues/$2" ;;
  tag) curl_ -d "{\"tag_name\":\"$2\"}" "$base/tags" ;;
  *) echo "usage: $0 open|close|tag" >&2; exit 2 ;;
esac
