#!/bin/sh
# No token is sent: everything here is public.
set -e
curl -fsS https://git.acme.example/api/v1/version | jq -er .version
curl -fsS https://git.acme.example/api/v1/settings/api | jq -er .max_response_items
