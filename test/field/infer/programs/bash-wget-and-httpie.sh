#!/bin/sh
set -e
wget -qO- --header="Authorization: token $TOKEN" "https://git.acme.example/api/v1/orgs/acme/members?limit=50&page=1" | jq -r '.[].login' |
while read -r login; do
  http --check-status --ignore-stdin PUT "https://git.acme.example/api/v1/repos/acme/handbook/collaborators/$login" "Authorization:token $TOKEN" permission=read
done
