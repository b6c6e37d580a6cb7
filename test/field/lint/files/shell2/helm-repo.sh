#!/bin/sh
set -e
helm repo add acme https://git.acme.example/api/packages/acme/helm --username bot --password 3a602f1e1dd66854c3edfe027e3858e5c64235ce
