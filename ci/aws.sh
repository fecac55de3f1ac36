#!/usr/bin/env bash
# The live profile against moto over HTTP: a runner built with `--features aws`, and boto3 as the judge of what it did.
# The SDK is compiled here and nowhere else: docs/aws.md says what that costs.
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")/.."

if ! python3 -c 'import boto3, moto.server' 2>/dev/null; then
    venv=target/moto
    [[ -x $venv/bin/moto_server ]] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet 'moto[server]==5.2.5'; }
    PATH=$PWD/$venv/bin:$PATH
fi

# One selection of packages and features for all commands: with another one Cargo takes other features for what is below
# the SDK, and compiles it anew.
selection=(--package runner --package cli --package provider-aws --features runner/aws,provider-aws/sdk --locked)
cargo clippy "${selection[@]}" --all-targets -- -D warnings
cargo build "${selection[@]}"
cargo test "${selection[@]}" --lib
runner=$(cargo build "${selection[@]}" --message-format json 2>/dev/null |
    sed -n 's/.*"name":"runner".*"executable":"\([^"]*\)".*/\1/p' | tail -1)

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
log=$(mktemp)
python3 ci/moto/server.py -H 127.0.0.1 -p "$port" >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -f "$log"' EXIT
for _ in $(seq 100); do
    if python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null; then break; fi
    sleep 0.2
done
python3 ci/moto/network.py "$runner" . "$port"
python3 ci/moto/kill.py "$runner" . "$port"
# What moto does not know it answers with a page: then the runner was told nonsense.
if grep -i '<!doctype html>' "$log"; then exit 1; fi
