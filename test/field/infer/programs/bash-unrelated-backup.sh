#!/usr/bin/env bash
set -euo pipefail
export RESTIC_REPOSITORY=sftp:backup@store.acme.example:/srv/restic
restic backup /var/lib/gitea --tag nightly
restic forget --keep-daily 7 --prune
curl -fsS -m 10 --retry 3 https://checks.acme.example/ping/nightly
