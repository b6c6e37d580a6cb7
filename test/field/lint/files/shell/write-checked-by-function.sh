#!/usr/bin/env bash
set -euo pipefail

must() {
  local want=$1 code
  shift
  code=$(curl -s -o body -w '%{http_code}' -H "Authorization: token $TOKEN" -H 'Content-Type: application/json' "$@")
  [ "$code" = "$want" ] || { echo "$* answered $code: $(cat body)" >&2; exit 1; }
}

must 201 -X POST -d '{"name":"triage","color":"#ededed"}' "$GITEA_URL/api/v1/repos/acme/core/labels"
must 204 -X PUT "$GITEA_URL/api/v1/teams/3/members/agent-dev-a"
