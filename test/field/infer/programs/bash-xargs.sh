#!/usr/bin/env bash
set -euo pipefail
export TOKEN
git branch -r --merged | sed -n 's#^ *origin/\(tmp/.*\)#\1#p' |
  xargs -I{} curl -fsS -X DELETE -H "Authorization: token $TOKEN" https://git.acme.example/api/v1/repos/acme/core/branches/{}
