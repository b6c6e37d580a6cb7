#!/bin/sh
set -e
GITEA_COMMIT=4ba10f1e1debceb06ecf1a94bb2970c91ff19a67
DIGEST=sha256:a43c9f1e1d792152f6ffdb375910e128c823cffed4a3762337fb6920d442f404
git fetch --depth 1 origin "$GITEA_COMMIT"
docker pull "docker.acme.example/gitea@$DIGEST"
