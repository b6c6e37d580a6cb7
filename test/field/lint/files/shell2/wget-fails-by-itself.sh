#!/bin/sh
set -e
wget -q -O answer.json --header="Authorization: token $TOKEN" --header='Content-Type: application/json' \
  --post-data='{"title":"weekly"}' https://git.acme.example/api/v1/repos/acme/ops/issues
