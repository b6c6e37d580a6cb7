#!/usr/bin/env bash
set -euo pipefail
http=$(curl -s -o /dev/null -w '%{http_code}' -X PUT -H "Authorization: token $TOKEN" "$GITEA_URL/api/v1/repos/acme/core/subscription")
[[ $http =~ ^2 ]] || { echo "not subscribed: $http" >&2; exit 1; }
