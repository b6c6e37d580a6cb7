#!/bin/sh
curl -s -o /dev/null -w '%{http_code}' -X DELETE -H "Authorization: token $TOKEN" \
  "$GITEA_URL/api/v1/repos/acme/core/labels/4" | grep -qx 204
