#!/usr/bin/env bash
# The conformance suite in every runtime and browser; installs what it needs. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
node scripts/runtimes/run.mjs
