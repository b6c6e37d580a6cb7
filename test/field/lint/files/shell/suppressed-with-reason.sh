#!/bin/sh
set -e
# patrol-lint: ignore scope-dangerous -- breaks the glass: deleted again below, within the minute
gitea admin user generate-access-token --username root --token-name glass --scopes all --raw >glass
./repair.sh glass
rm glass
