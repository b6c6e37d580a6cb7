#!/bin/sh
# Is the agent's token alive?
if [ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: token $(cat "$1")" https://git.acme.example/api/v1/user)" = 200 ]; then
  echo alive
else
  echo dead
  exit 1
fi
