#!/bin/bash
# What an agent does at the beginning of a day.
set -euo pipefail
GITEA=https://git.example.com
curl -sf -H "Authorization: token $GITEA_TOKEN" "$GITEA/api/v1/repos/acme/core/issues?state=open&type=issues"
curl -sf -H "Authorization: token $GITEA_TOKEN" "$GITEA/api/v1/repos/$OWNER/$REPO/pulls?state=open" | jq length
curl -sf -X POST -d '{"body":"on it"}' "$GITEA/api/v1/repos/acme/core/issues/$1/comments"
curl -sf "$GITEA/api/v1/$WHATEVER"
