#!/usr/bin/env bash
# Fill these in, or set them outside.
set -euo pipefail
GITEA_TOKEN="${GITEA_TOKEN:-<your token>}"
ADMIN_PASSWORD="${ADMIN_PASSWORD:-changeme}"
API_KEY=xxxxxxxxxxxxxxxxxxxx
curl -fsS -H "Authorization: token $GITEA_TOKEN" https://git.acme.example/api/v1/version
: "$ADMIN_PASSWORD" "$API_KEY"
