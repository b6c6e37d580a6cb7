#!/bin/bash
# Makes a token for a robot on the Gitea server, and hands it over.
set -euo pipefail

API="https://git.example.org/api/v1"
COMMIT=3f786850e387550fdab836ed7e6dc881de23001b # made with the token's owner in mind
TOKEN_FILE=/run/secrets/token
GITEA_TOKEN_SHA1=3f786850e387550fdab836ed7e6dc881de23001b

# patrol-lint: profile engineer
gitea admin user generate-access-token --username robot-a --token-name bot --raw \
  --scopes read:user,read:issue,write:repository >"$TOKEN_FILE"
gitea admin user generate-access-token --username robot-b --scopes "$SCOPES"
gitea admin user generate-access-token "${options[@]}"
gitea admin user list

# The header is in a file, so no process list shows it.
curl --fail-with-body -H @/run/secrets/header "$API/repos/acme/engine/issues?state=open&type=issues&labels=ready&page=1&limit=50"
curl -sf -H @/run/secrets/header "$API/user" | jq -r .login

# Is the token alive? 401 means dead.
status=$(curl -s -o /dev/null -w '%{http_code}' -H @/run/secrets/header "$API/version")

code=$(curl -s -o answer.json -w '%{http_code}' -X POST -d @body.json "$API/repos/acme/engine/issues/3/comments")
[ "$code" = 201 ] || cat answer.json
curl -fsS -X POST -d @review.json "$API/repos/acme/engine/pulls/3/reviews"
curl -X POST "https://hooks.example.org/notify" -d "done"
curl -s -X POST -H @/run/secrets/header -d @body.json "$API/repos/acme/engine/issues" | jq -e .number
curl "$API/$path"
curl -fd @x "https://api.example.org/api/v1/orgs/acme/instance"

jq -n --rawfile value "$TOKEN_FILE" '{key: "GITEA_TOKEN", value: $value}' |
  curl --fail-with-body -X POST -H @/run/secrets/platform -d @- "$PLATFORM/workspaces/$ID/secrets"
curl -sf -H @/run/secrets/platform "$PLATFORM/workspaces/$ID" | jq -e '.status == "online"'
curl --fail-with-body -X POST -H @/run/secrets/platform "$PLATFORM/workspaces/$ID/restart"
curl --fail-with-body -X PUT -H @/run/secrets/platform -d '{"key": "REGION", "value": "eu"}' "$PLATFORM/settings/secrets"
until curl -sf -H @/run/secrets/platform "$PLATFORM/workspaces/$ID" | jq -e '.uptime_seconds < 60'; do sleep 5; done
