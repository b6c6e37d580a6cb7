#!/bin/sh
set -e
gitea admin user create --username agent --email agent@acme.example --password 'Tq5-f1e1d-Hw82' --must-change-password=false
