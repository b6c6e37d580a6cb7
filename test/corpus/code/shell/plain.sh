#!/usr/bin/env bash
set -euo pipefail
GITEA="https://git.example.com"
AUTH="Authorization: token $(cat /run/secrets/token)"

curl -sSf -H "$AUTH" "$GITEA/api/v1/user"
curl -sS -H "$AUTH" "$GITEA/api/v1/repos/$OWNER/$REPO/issues?state=open&type=issues&labels=approved" | jq '.[].number'
curl -fsS -X POST -H "$AUTH" -H 'Content-Type: application/json' \
  -d '{"title": "x"}' \
  "$GITEA/api/v1/repos/$OWNER/$REPO/issues"
curl --json '{"body": "done"}' -H "$AUTH" "$GITEA/api/v1/repos/$OWNER/$REPO/issues/$N/comments"
curl -I "$GITEA/api/v1/version"
curl -X DELETE "$GITEA/api/v1/users/bot/tokens/ci" -u "bot:$PASSWORD"
wget -qO- --header="$AUTH" "$GITEA/api/v1/orgs/acme/repos"
wget --method=PATCH --body-data='{"state":"closed"}' "$GITEA/api/v1/repos/acme/app/issues/3"
http PUT "$GITEA/api/v1/repos/acme/app/collaborators/bot" permission=write Authorization:"token $T"
number=$(curl -s "$GITEA/api/v1/repos/acme/app/pulls" -d @- <<JSON | jq .number
{"head": "$BRANCH", "base": "main"}
JSON
)
if ! curl -f "$GITEA/api/v1/repos/acme/app/pulls/$number/merge" -d '{"Do": "squash"}'; then exit 1; fi
curl https://api.github.com/repos/acme/app
