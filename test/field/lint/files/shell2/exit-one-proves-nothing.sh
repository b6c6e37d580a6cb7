#!/bin/sh
curl -s -X DELETE -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/repos/acme/core/branches/tmp" || exit 1
