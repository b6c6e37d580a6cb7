#!/usr/bin/env bash
set -euo pipefail
base="https://git.acme.example/api/v1/repos/${DRONE_REPO:-acme/shop}"
auth=(-H "Authorization: token ${RELEASE_TOKEN}")

id=$(curl -fsS "${auth[@]}" "$base/releases/tags/$TAG" | jq -er .id)
for file in dist/*.tar.gz; do
  curl -fsS "${auth[@]}" -F "attachment=@$file" "$base/releases/$id/assets?name=$(basename "$file")"
done
curl -fsS "${auth[@]}" "$base/tags?limit=50&page=1" | jq -r '.[].name'
