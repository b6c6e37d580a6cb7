#!/bin/sh
set -e
gitea admin user generate-access-token -u agent -t work --scopes repo,read:org --raw
