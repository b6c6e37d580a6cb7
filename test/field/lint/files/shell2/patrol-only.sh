#!/usr/bin/env bash
set -euo pipefail
patrol probe agent-dev-a
patrol rotate agent-dev-a --yes
patrol audit --report markdown=audit.md --exit-zero
