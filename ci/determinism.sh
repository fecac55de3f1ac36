#!/usr/bin/env bash
# Looks whether the programs of this workspace give the same plans, twice in each of two processes.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for _ in 1 2; do
    # The second run compares with the plans that the first one has left in the cache.
    cargo run --quiet --package runner --locked -- preview --state "$scratch/state" --check-determinism >/dev/null
done
