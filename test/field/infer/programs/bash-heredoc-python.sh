#!/usr/bin/env bash
set -euo pipefail
python3 - <<'PY'
import json, os, urllib.request
request = urllib.request.Request(
    "https://git.acme.example/api/v1/repos/acme/core/releases/latest",
    headers={"Authorization": "token " + os.environ["TOKEN"]},
)
print(json.load(urllib.request.urlopen(request))["tag_name"])
PY
