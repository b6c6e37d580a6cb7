#!/usr/bin/env bash
set -euo pipefail
PASS=0
FAIL=0
TOKEN_NAME=agent-2026-12-work
SECRET_NAME=gitea-token
PASSWORD_LENGTH=32
TOKEN_FILE=/run/secrets/gitea_token
PASSWORD=$(openssl rand -base64 "$PASSWORD_LENGTH")
TOKEN=$(vault kv get -field=token "secret/agents/$SECRET_NAME")
export PASS FAIL TOKEN_NAME TOKEN_FILE PASSWORD TOKEN
