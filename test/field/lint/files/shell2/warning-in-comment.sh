#!/bin/sh
# Never give an agent write:admin or write:user, and never `all`: see the runbook.
set -e
gitea admin user generate-access-token --username agent --token-name work --scopes write:issue --raw
