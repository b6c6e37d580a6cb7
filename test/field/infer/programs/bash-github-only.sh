#!/usr/bin/env bash
set -euo pipefail
gh release download --repo acme/tools --pattern '*.deb'
curl -fsS -H "Authorization: Bearer $GH_TOKEN" https://api.github.com/repos/acme/tools/issues?per_page=5 | jq '.[].title'
curl -fsS -X POST -H "Authorization: Bearer $GH_TOKEN" https://api.github.com/repos/acme/tools/dispatches -d '{"event_type":"x"}'
