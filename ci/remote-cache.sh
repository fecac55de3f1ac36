#!/usr/bin/env bash
# Tests shared caches with servers of others: nginx, moto (for S3) and Bazel, which the tests start on free ports.
set -euo pipefail
cd "$(dirname "$0")/.."

need() { command -v "$1" >/dev/null || missing+=("$2"); }
missing=()
need nginx nginx-light
need bazel bazel-bootstrap
if ((${#missing[@]})); then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

if ! command -v moto_server >/dev/null; then
    venv=target/moto
    [[ -x $venv/bin/moto_server ]] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet 'moto[server]==5.2.5'; }
    MOTO_SERVER=$PWD/$venv/bin/moto_server
    export MOTO_SERVER
fi

features=runner/remote-cache,remote-cache/s3
cargo clippy --package remote-cache --package cli --package runner --all-targets --features "$features" --locked -- -D warnings
cargo test --package remote-cache --features s3 --locked
cargo test --package runner --features remote-cache --test remote --locked
