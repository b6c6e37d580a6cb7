#!/bin/sh
if ! curl -sf -X DELETE -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/repos/acme/core/branches/tmp"; then
  echo "branch tmp is still there" >&2
  exit 1
fi
