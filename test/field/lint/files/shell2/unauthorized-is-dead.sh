#!/usr/bin/env bash
code=$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: token $TOKEN" https://git.acme.example/api/v1/version)
case $code in
  200) echo alive ;;
  401) echo dead; exit 1 ;;
  *) echo "cannot tell: $code"; exit 2 ;;
esac
