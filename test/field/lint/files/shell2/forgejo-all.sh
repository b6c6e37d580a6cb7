#!/bin/sh
set -e
docker exec -u git forgejo forgejo admin user generate-access-token --username agent --token-name work --scopes all --raw
