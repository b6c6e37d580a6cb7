#!/usr/bin/env bash
set -euo pipefail
git clone --depth 1 "https://bot:${GITEA_TOKEN}@git.acme.example/acme/manifests.git" work
cd work
yq -i ".image.tag = \"$TAG\"" values.yaml
git commit -am "Deploy $TAG"
git push "https://bot:${GITEA_TOKEN}@git.acme.example/acme/manifests.git" HEAD:main
