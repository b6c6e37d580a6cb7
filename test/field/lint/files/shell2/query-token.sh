#!/bin/sh
set -e
curl -fsS "https://git.acme.example/api/v1/repos/acme/core/branches?access_token=d7e1cf1e1d96c12adb9708916a4f2e9841f1c81f" | jq -er '.[].name'
