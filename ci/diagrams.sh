#!/usr/bin/env bash
# Draws the diagrams in docs/diagrams from the plans: `ci/diagrams.sh` writes them, `ci/diagrams.sh --check` fails if
# one is not current.
set -euo pipefail
cd "$(dirname "$0")/.."

out=docs/diagrams
if [[ ${1:-} == --check ]]; then out=target/diagrams; fi
rm -rf "$out"
mkdir -p "$out"
cargo build --quiet --package runner --locked
runner=${CARGO_TARGET_DIR:-target}/debug/runner

# Mermaid within Markdown, which code hosts draw.
draw() {
    local name=$1
    shift
    { echo "# $name"; echo; echo '```mermaid'; "$runner" graph --format mermaid "$@"; echo '```'; } >"$out/$name.md"
}

draw organisation
"$runner" graph --format svg >"$out/organisation.svg"
for stack in infrastructure.aws.network.QA infrastructure.aws.dns.default infrastructure.aws.kms.QA \
    infrastructure.aws.policies.default infrastructure.aws.iam.default infrastructure.aws.private_ca.default \
    infrastructure.monitoring.default infrastructure.consul.operations.QA infrastructure.vault.operations.QA \
    substructure.consul.operations.QA substructure.vault.static_mounts.operations.QA \
    applications.concourse.QA applications.keycloak.QA applications.tika.QA applications.edxapp.mitx.QA \
    applications.edx_notes.mitx.QA; do
    draw "$stack" "$stack"
done
if [[ ${1:-} == --check ]]; then
    diff -r docs/diagrams "$out" || { echo "docs/diagrams is not current: run ci/diagrams.sh"; exit 1; }
fi
