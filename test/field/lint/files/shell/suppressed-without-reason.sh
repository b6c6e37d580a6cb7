#!/bin/sh
set -e
# patrol-lint: ignore scope-dangerous
gitea admin user generate-access-token --username root --token-name glass --scopes all --raw >glass
