#!/bin/sh
set -e
http --check-status --ignore-stdin POST https://git.acme.example/api/v1/repos/acme/core/labels "Authorization:token $TOKEN" name=triage color='#ededed'
