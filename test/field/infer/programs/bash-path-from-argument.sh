#!/bin/sh
# gapi PATH: whatever is asked for
exec curl -fsS -H "Authorization: token $(cat ~/.config/gapi/token)" "https://git.acme.example/api/v1/$1"
