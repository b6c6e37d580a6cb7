#!/usr/bin/env bash
# Only the registry of the forge is used.
set -euo pipefail
echo "$GITEA_TOKEN" | docker login -u bot --password-stdin git.acme.example
docker build -t git.acme.example/acme/runner:"$TAG" .
docker push git.acme.example/acme/runner:"$TAG"
curl -fsS -u "bot:$GITEA_TOKEN" --upload-file dist/runner.tgz "https://git.acme.example/api/packages/acme/generic/runner/$TAG/runner.tgz"
