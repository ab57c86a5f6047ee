#!/usr/bin/env bash
# The whole way of a challenge on this machine: an agent on a forged machine, Node and Chromium. The last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node scripts/testbed.mjs check
