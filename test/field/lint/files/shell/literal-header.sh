#!/bin/sh
set -e
curl -fsS -H "Authorization: token b2443f1e1dbb3ff177a299c85c445623f2ded47a" \
  https://git.acme.example/api/v1/repos/acme/core/branches
