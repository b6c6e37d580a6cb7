#!/bin/sh
set -e
git remote set-url origin https://23595f1e1d733c28d1b0cdbf7c7fcf69467f55d8@git.acme.example/acme/core.git
git push origin HEAD:main
