#!/usr/bin/env bash
# Makes a token for a new agent.
set -euo pipefail
agent=$1
docker exec -u git gitea gitea admin user generate-access-token \
  --username "$agent" --token-name bootstrap \
  --scopes all --raw > "/run/agents/$agent.token"
