#!/bin/sh
set -e
gitea admin user generate-access-token --username "$1" --token-name review \
  --scopes "read:user,write:pull-request,write:issue" --raw
