#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/lib/gitea.sh"

gitea_get '/orgs/acme/repos?limit=50&page=1' | jq -r '.[].full_name' | while read -r repo; do
  gitea_post "/repos/$repo/branch_protections" '{"rule_name":"main","required_approvals":1}'
  gitea_put "/repos/$repo/topics" '{"topics":["protected"]}'
done
