#!/usr/bin/env bash
# Sixty seconds of fuzzing, with another seed for every commit, so that CI does not look at the same inputs for ever. The last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."
seed=$((16#$(git rev-parse --short=7 HEAD 2>/dev/null || echo 1)))
echo "seed $seed"
node --expose-gc scripts/fuzz.mjs --minutes 1 --seed "$seed"
