#!/usr/bin/env bash
set -euo pipefail
get() { curl -fsS -H "Authorization: token $TOKEN" "https://git.acme.example/api/v1/$1"; }
page=1
while users=$(get "admin/users?limit=50&page=$page") && [ "$(jq length <<<"$users")" -gt 0 ]; do
  jq -r '.[] | [.login, .last_login] | @tsv' <<<"$users"
  page=$((page + 1))
done
get "repos/search?limit=50&sort=updated" | jq -r '.data[] | [.full_name, .size] | @tsv'
