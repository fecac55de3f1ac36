# What the checks of plans by Nix and of plans by Bazel have in common: both say `source ci/hermetic.sh` at the root of the
# workspace, where `$home` is the directory that is theirs. Each has `checks`, `prepare` and `finish`.

evaluators=$PWD/nix/evaluators
runner=${CARGO_TARGET_DIR:-$PWD/target}/debug/runner

# The stack that is edited.
stack=infrastructure.aws.network.QA
project=projects/infrastructure/aws/network
file=$project/stacks/QA.toml

# Runs the checks, from an empty directory; however they end, it is gone afterwards. Names as arguments leave out all other
# checks but the first, which they start from.
run_checks() {
    local check
    if (($#)); then checks=("${checks[0]}" "$@"); fi
    [[ -x $runner ]] || fail "there is no $runner: run \`cargo build --package runner\`"
    compgen -G "$evaluators/*/table.json" >/dev/null || fail "there are no evaluators: run \`cargo xtask evaluators\`"
    trap 'finish; discard "$home"' EXIT
    discard "$home"
    mkdir -p "$home"
    prepare
    for check in "${checks[@]}"; do
        echo "$check"
        SECONDS=0
        "$check"
        echo "    $SECONDS s"
    done
    echo "test result: ok. ${#checks[@]} passed; 0 failed"
}

# Copies this workspace without its evaluators: what is committed, and what is not yet.
copy_to() {
    git ls-files -z --cached --others --exclude-standard -- ':!nix/evaluators' | while IFS= read -r -d '' path; do
        if [[ -e $path ]]; then printf '%s\0' "$path"; fi
    done | tar --create --null --files-from=- | tar --extract --directory "$1"
}

# Removes directories, also those that Nix or Bazel made for reading only.
discard() {
    local directory
    for directory; do
        # What ends just now may take away files of its own.
        if [[ -d $directory ]]; then chmod -R --quiet u+w "$directory" || true; fi
        rm -rf "$directory"
    done
}

commit() { git -c user.name=ci -c user.email=ci@localhost commit --quiet --message "$1"; }

restore() { git checkout --quiet -- "$@"; }

fail() {
    echo "$*" >&2
    exit 1
}

# A stack that branches on what another one exports, and what nobody knows without this file.
waiting=applications.tika.QA
upstream=foreign/infrastructure.aws.eks.applications.QA.toml

# Takes that file away, and has the runner say what the plan is by now: in `waits`.
waits() {
    git rm --quiet $upstream
    "$runner" evaluate $waiting --manifests write
    "$runner" evaluate $waiting --out "$home/waits" >/dev/null
    grep -q '"waits_for"' "$home/waits/$waiting/plan.json" || fail "$waiting waits for nothing"
}

# The stacks whose plan is another one than in `wanted`, as the runner says, each after a word.
reached() {
    local name
    rm -rf "$home/now"
    "$runner" evaluate --out "$home/now" >/dev/null
    for name in $(ls "$home/now"); do
        cmp --quiet "$home/now/$name/plan.digest" "$home/wanted/$name/plan.digest" || echo "$1$name"
    done
}
