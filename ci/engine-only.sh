#!/usr/bin/env bash
# Someone else's workspace starts from this one without its projects: checks, on a copy, that what remains builds and
# passes its tests after `cargo xtask sync --engine-only` and the deletions that ARCHITECTURE.md lists.
set -euo pipefail
cd "$(dirname "$0")/.."

copy=target/engine-only
rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    if [[ -e $file ]]; then printf '%s\0' "$file"; fi
done | tar --create --null --files-from=- | tar --extract --directory "$copy"

# The registry crates that are built already are used again.
CARGO_TARGET_DIR=$PWD/target
export CARGO_TARGET_DIR
cd "$copy"
cargo xtask sync --engine-only
rm -rf projects components policies foreign crates/ol crates/ol-data crates/ol-kubernetes crates/cpg crates/cpg-config crates/cpg-plugin-* configuration
cargo xtask layers
cargo test --workspace --offline
cd - >/dev/null
rm -rf "$copy"
