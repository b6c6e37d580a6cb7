#!/bin/sh
set -e
printf %s "$PACKAGE_TOKEN" | helm registry login git.acme.example --username bot --password-stdin
