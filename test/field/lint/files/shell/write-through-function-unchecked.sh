#!/usr/bin/env bash
set -euo pipefail

post() {
  curl -sS -X POST -H "Authorization: token $TOKEN" -H 'Content-Type: application/json' -d "$2" "$GITEA_URL/api/v1$1"
}

post /repos/acme/core/labels '{"name":"triage","color":"#ededed"}'
post /repos/acme/core/labels '{"name":"blocked","color":"#cc0000"}'
echo "labels are there"
