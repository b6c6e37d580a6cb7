#!/bin/sh
set -e
su git -c "gitea admin user generate-access-token --username $1 --token-name ci --raw" > /run/ci.token
