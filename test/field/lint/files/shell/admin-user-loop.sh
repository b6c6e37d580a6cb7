#!/usr/bin/env bash
set -euo pipefail
for agent in dev-a dev-b review; do
  gitea admin user create --username "agent-$agent" --email "agent-$agent@acme.example" --random-password --must-change-password=false
  gitea admin user generate-access-token --username "agent-$agent" --token-name work --scopes write:admin,write:repository --raw >"$agent.token"
done
