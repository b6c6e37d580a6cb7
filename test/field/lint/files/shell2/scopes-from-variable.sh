#!/usr/bin/env bash
set -euo pipefail
SCOPES=read:user,write:issue,write:repositories
gitea admin user generate-access-token --username agent --token-name work --scopes "$SCOPES" --raw
