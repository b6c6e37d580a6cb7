#!/bin/sh
# labels.sh METHOD [ID] [BODY]
method=$1
id=${2:+/$2}
curl -sS --fail-with-body -X "$method" -H "Authorization: token $TOKEN" -d "${3:-}" \
  "$GITEA/api/v1/repos/acme/core/labels$id"
