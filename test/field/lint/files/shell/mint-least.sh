#!/usr/bin/env bash
set -euo pipefail
agent=$1
umask 077
docker exec -u git gitea gitea admin user generate-access-token \
  --username "$agent" --token-name bootstrap \
  --scopes read:user,write:issue,write:repository --raw > "/run/agents/$agent.token"
