#!/bin/sh
# Hands on an evaluator that is current: built of the crates' files as they are now, none more and none less, and of
# registry packages that Cargo.lock still has.
# usage: current.sh PROJECT PROGRAM FILES PACKAGES CARGO_LOCK OUT LIST
set -eu
LC_ALL=C
export LC_ALL
project=$1 program=$2 files=$3 packages=$4 lock=$5 out=$6 list=$7

refuse() {
    echo "error: the evaluator of $project is older than $1" >&2
    echo "hint: run \`cargo xtask evaluators\`" >&2
    exit 1
}

differs=$(tr '\n' '\0' <"$list" | xargs -0 sha256sum | sort | comm -3 - "$files" | sed -n '1s/^[[:space:]]*[0-9a-f]*  //p')
[ -z "$differs" ] || refuse "\`$differs\`"
gone=$(sed -n 's/^checksum = "\(.*\)"$/\1/p' "$lock" | sort | comm -13 - "$packages" | head -n 1)
[ -z "$gone" ] || refuse "\`Cargo.lock\`"
cp "$program" "$out"
