#!/usr/bin/env bash
# The live profile against a server that stands in for Google Cloud and refuses what Google's own documents do not allow,
# and one that stands in for Hail Batch, metamist and GitHub: every type by itself, policies under contention, faults;
# then a genomics centre with the real runner, nothing of it in the sandbox. What was sent is
# judged once more by somebody else: Prism, who knows Google's whole documents.
set -euo pipefail
cd "$(dirname "$0")/.."

source ci/live
cargo clippy "${selection[@]}" --all-targets -- -D warnings

# Schemas say what Google's documents say.
PYTHONDONTWRITEBYTECODE=1 python3 ci/gcp/schemas.py --check

mkdir -p target/gcp
export FAKE_GCP_LOG=$PWD/target/gcp/requests.log
rm -f "$FAKE_GCP_LOG"
cargo test "${selection[@]}" --lib --test rest --test services --test gcp
cargo build "${selection[@]}" --bin fake-gcp
fake=$(cargo build "${selection[@]}" --bin fake-gcp --message-format json 2>/dev/null |
    sed -n 's/.*"name":"fake-gcp".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
python3 ci/gcp/judge.py "$fake" "$FAKE_GCP_LOG"
