#!/bin/sh
set -e
curl -fsS -u 'gitadmin:Vq8-f1e1d-Tm31' "https://git.acme.example/api/v1/users/$1/tokens?page=1&limit=50" | jq -r '.[].name'
