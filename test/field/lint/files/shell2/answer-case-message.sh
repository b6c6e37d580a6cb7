#!/bin/sh
answer=$(curl -s -X POST -H "Authorization: token $TOKEN" -d '' "$GITEA_URL/api/v1/repos/acme/core/mirror-sync")
case $answer in
  *'"message"'*) echo "not synced: $answer" >&2; exit 1 ;;
esac
