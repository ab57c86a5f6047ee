#!/usr/bin/env bash
# The component, the page and the single file in Chromium, with every state; installs what it needs. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
node scripts/browser/run.mjs
