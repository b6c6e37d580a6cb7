#!/bin/sh
# Is the agent's token alive? /version asks for no scope.
code=$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: token $(cat "$1")" https://git.acme.example/api/v1/version)
[ "$code" = 200 ]
