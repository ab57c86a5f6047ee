#!/usr/bin/env bash
# The package as users bundle it: packed, installed, bundled for browsers without configuration, and run. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
node scripts/bundlers/run.mjs
