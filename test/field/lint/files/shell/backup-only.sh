#!/bin/sh
set -eu
docker exec -u git gitea gitea dump -c /data/gitea/conf/app.ini --file /backup/gitea.zip
find /srv/backup -name 'gitea-*.zip' -mtime +14 -delete
