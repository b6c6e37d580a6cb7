#!/usr/bin/env bash
# Makes tokens for the robots on a Gitea server.
set -eu

API="https://git.example.org/api/v1"

docker exec -u git forge gitea admin user generate-access-token --username robot-a --token-name bot
gitea admin user generate-access-token -u robot-b --scopes "read:issue,write:pull-request, read:user"
su git -c "gitea admin user generate-access-token --username robot-c --scopes all --raw"
gitea admin user create --username robot-d --email d@example.org --password Tr0ub4dor-3 --access-token

# patrol-lint: profile engineer
gitea admin user generate-access-token --username robot-e --scopes read:issue,write:repository,write:package

export GITEA_TOKEN=@HEX@
curl --fail -H "Authorization: token @HEX@" "$API/repos/acme/engine/pulls"
curl -f -u "root:Tr0ub4dor-3" -X POST "$API/users/robot-a/tokens" -d '{"name": "x", "scopes": []}'
git clone "https://robot:@HEX@@git.example.org/acme/engine.git"
COMMIT=@HEX@

curl -sS -X DELETE "$API/repos/acme/engine/issues/3/comment"
curl -s -X PATCH "$API/repos/acme/engine/issues/3" -d '{"state": "closed"}' | jq .
wget -q -O - "$API/repos/acme/engine/issues?labels=$LABEL&type=pulls"

curl --fail -X POST "$PLATFORM/settings/secrets" -d '{"key": "GITHUB_TOKEN", "value": "'"$T"'"}'
ws=$(curl --fail -X POST "$PLATFORM/workspaces" -d @ws.json | jq -r .auth_token)
curl --fail -X POST "$PLATFORM/workspaces/$W/tokens"
curl --fail -X POST "$PLATFORM/workspaces/$W/external/rotate"
curl --fail -X POST "$PLATFORM/workspaces/$W/schedules/$S/run"

# patrol-lint: ignore write-unchecked -- the next line asks for what it did
curl -X PUT "$API/repos/acme/engine/collaborators/robot-a" -d '{"permission": "write"}'
# patrol-lint: ignore write-unchecked
curl -X PUT "$API/repos/acme/engine/collaborators/robot-b" -d '{"permission": "write"}'
# patrol-lint: ignore scope-unknown -- was once needed
echo done
gitea admin user remove --username robot-a
