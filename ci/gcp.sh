#!/usr/bin/env bash
# The live profile against a server that stands in for Google Cloud and refuses what Google's own documents do not allow:
# every type by itself, policies under contention, faults; then a genomics centre with the real runner.
set -euo pipefail
cd "$(dirname "$0")/.."

# One selection of packages and features for all commands: with another one Cargo takes other features for what is below,
# and compiles it anew.
selection=(--package runner --package cli --package provider-gcp --package rest --package fake-gcp)
selection+=(--features runner/gcp,provider-gcp/rest,rest/client --locked)
cargo clippy "${selection[@]}" --all-targets -- -D warnings
cargo test "${selection[@]}" --lib --test rest --test gcp
