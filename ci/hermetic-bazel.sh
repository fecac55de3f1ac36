#!/usr/bin/env bash
# Plans by Bazel, on copies of this workspace and with a cache server of its own: whatever docs/bazel.md says of them.
# Needs the runner, and the evaluators that `cargo xtask evaluators` builds. Stops at the first thing that does not hold.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$PWD/target/hermetic-bazel
source ci/hermetic.sh

checks=(
    all_plans_have_the_bytes_of_the_runner
    the_runner_goes_by_these_plans
    nothing_to_do_is_no_action
    a_comment_is_one_action_and_goes_no_further
    an_edit_makes_the_plans_that_it_reaches
    what_depends_on_a_stack_sees_its_outputs_only
    notes_are_no_action
    policies_and_diagrams_are_tests
    another_checkout_takes_all_from_the_shared_cache
    a_history_builds_what_each_commit_reaches
    an_action_has_no_network
    a_file_that_the_manifest_does_not_name_is_an_error
    a_file_that_appeared_is_an_error
    a_plan_that_waits_has_the_bytes_of_the_runner
    a_wrong_stack_file_reads_as_the_runner_says_it
    an_older_evaluator_is_an_error
    a_missing_evaluator_is_an_error
    targets_of_the_crates_have_all_that_they_name
)

prepare() {
    if ! command -v bazel >/dev/null || ! command -v nginx >/dev/null; then
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends bazel-bootstrap nginx-light >/dev/null
    fi
    mkdir "$home/one"
    copy_to "$home/one"
    cp -r "$evaluators" "$home/one/nix/evaluators"
    cp -r "$home/one" "$home/two"
    cd "$home/one"
    git init --quiet
    git add --all
    commit "a workspace"
    serve
}

finish() {
    local checkout
    for checkout in "$home/one" "$home/two"; do
        # Where nothing was built there is no server, and one would be started.
        [[ ! -L $checkout/bazel-bin ]] || (cd "$checkout" && bazel_ shutdown) >/dev/null 2>&1 || true
    done
    if [[ -n ${server:-} ]]; then
        kill "$server" 2>/dev/null || true
        wait "$server" || true
    fi
}

# A cache server that is nothing but files and HTTP.
serve() {
    local user=""
    if ((EUID == 0)); then user="user root;"; fi
    mkdir -p "$home/cache/ac" "$home/cache/cas" "$home/uploads"
    for port in $(shuf --input-range 20000-60000 --head-count 20); do
        cat >"$home/nginx.conf" <<EOF
$user daemon off; pid $home/nginx.pid; error_log $home/nginx.log;
events {}
http {
    access_log off; client_body_temp_path $home/uploads; client_max_body_size 0;
    server {
        listen 127.0.0.1:$port; root $home/cache;
        location / { dav_methods PUT; create_full_put_path on; }
    }
}
EOF
        nginx -p "$home" -c "$home/nginx.conf" 2>/dev/null &
        server=$!
        for _ in {1..50}; do
            if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && kill -0 "$server" 2>/dev/null; then return; fi
            kill -0 "$server" 2>/dev/null || break
            sleep 0.1
        done
    done
    fail "no cache server starts: $(cat "$home/nginx.log")"
}

bazel_() { bazel --nohome_rc --output_user_root="$home/root" --max_idle_secs=120 "$@"; }

# Builds, and keeps what Bazel says and what it executed.
build() {
    local target=$1
    shift
    bazel_ build "$target" --nosandbox_debug --noshow_progress --remote_cache="http://127.0.0.1:$port" \
        --execution_log_json_file="$home/executed.json" "$@" >"$home/log" 2>&1
}

# Builds, and says what was neither there nor in the cache: the progress messages of the actions.
built() {
    build "$@" || fail "$(cat "$home/log")"
    # Fields are in the order of their numbers: the message comes before whether the cache had it.
    sed -n -e 's|^  "progressMessage": "\(.*\)",$|\1|p' -e 's|^  "remoteCacheHit": \(.*\),$|cached \1|p' \
        "$home/executed.json" | awk '/^cached / { if ($2 == "false") print message; next } { message = $0 }' | sort
}

builds() {
    local found
    found=$(built "${@:2}")
    [[ $found == "$1" ]] || fail "built is"$'\n'"$found"$'\n'"and not"$'\n'"$1"
}

# Fails to build, and says something.
refused() {
    if build "${@:2}"; then fail "it builds although: $1"; fi
    grep -qF -- "$1" "$home/log" || fail "\"$1\" is not said in"$'\n'"$(cat "$home/log")"
}

all_plans_have_the_bytes_of_the_runner() {
    local name projects plans
    "$runner" evaluate --out "$home/wanted" >/dev/null
    plans=$(ls "$home/wanted" | wc -l)
    # Not every project has a stack in the default selection.
    projects=$(sed -n 's/^    "\([^"]*\)": \[$/\1/p' bazel/workspace.bzl | while read -r name; do
        if compgen -G "$home/wanted/$name.*" >/dev/null; then echo "$name"; fi
    done | wc -l)
    built //:all_plans >"$home/cold"
    [[ $(grep -c '^Planning ' "$home/cold") == "$plans" ]] || fail "not $plans plans: $(cat "$home/cold")"
    [[ $(grep -c '^Looking ' "$home/cold") == "$projects" ]] || fail "not $projects evaluators: $(cat "$home/cold")"
    [[ $(wc -l <"$home/cold") == $((plans + projects + 1)) ]] || fail "something else: $(cat "$home/cold")"
    for name in $(ls "$home/wanted"); do
        diff -r "$home/wanted/$name" "bazel-bin/plans/$name"
        [[ $(cat "$home/wanted/$name/plan.digest")"  $name" == "$(grep -F "  $name" bazel-bin/all_plans.txt)" ]] ||
            fail "another digest of $name in all_plans.txt"
    done
    [[ $(wc -l <bazel-bin/all_plans.txt) == "$plans" ]] || fail "other stacks in all_plans.txt"
    echo "$plans plans with equal bytes, by $(wc -l <"$home/cold") actions"
    # What is known, and not in the default selection, is built by name.
    builds "Planning infrastructure.aws.kms.Dev" //:infrastructure.aws.kms.Dev
    "$runner" evaluate infrastructure.aws.kms.Dev --out "$home/dev" >/dev/null
    diff -r "$home/dev/infrastructure.aws.kms.Dev" bazel-bin/plans/infrastructure.aws.kms.Dev
}

the_runner_goes_by_these_plans() {
    "$runner" preview >"$home/preview" 2>"$home/log"
    "$runner" preview --plans bazel-bin/plans --verify-inputs 2>"$home/log" | diff "$home/preview" -
}

nothing_to_do_is_no_action() {
    local TIMEFORMAT='nothing to do: %R s'
    # Not from the cache either.
    time builds "" //:all_plans
    grep -q '^INFO: 1 process: 1 internal' "$home/log" || fail "$(cat "$home/log")"
}

a_comment_is_one_action_and_goes_no_further() {
    echo '# A remark.' >>"$file"
    [[ -z $(reached "Planning ") ]] || fail "a remark changes a plan"
    builds "Planning $stack" //:all_plans
    restore "$file"
}

an_edit_makes_the_plans_that_it_reaches() {
    local wanted
    sed -i 's|^name = "operations\(.*\)"|name = "operations\1-2"|' $project/stacks/{QA,Production}.toml
    wanted=$(reached "Planning ")
    [[ $wanted == *"$stack"* ]] || fail "the runner says: $wanted"
    builds "Indexing all_plans"$'\n'"$wanted" //:all_plans
    echo "$(wc -l <<<"$wanted") of $(ls "$home/wanted" | wc -l) plans made anew"
    restore projects
    builds "" //:all_plans
}

what_depends_on_a_stack_sees_its_outputs_only() {
    local notes=applications.edx_notes.mitx.QA file=projects/applications/edx_notes/stacks/mitx.QA.toml
    mkdir downstream
    cat >downstream/BUILD.bazel <<EOF
filegroup(name = "outputs", srcs = ["//:$notes"], output_group = "outputs")

genrule(name = "downstream", srcs = [":outputs"], outs = ["read.json"], cmd = "cp \$< \$@", message = "Reading")
EOF
    built //downstream >/dev/null
    grep -q '"notes_domain": "notes-qa.mitx.mit.edu"' bazel-bin/downstream/read.json || fail "no outputs are read"
    # Another tag on each resource, and what the stack exports is the same; then that is another one, too.
    sed -i 's|^business_unit = .*|business_unit = "operations"|' $file
    [[ $(reached "Planning ") == "Planning $notes" ]] || fail "the plan is the same"
    builds "Planning $notes" //downstream
    sed -i 's|^domain = .*|domain = "notes-qa.mitx.example"|' $file
    builds "Planning $notes"$'\nReading //downstream:downstream' //downstream
    restore $file
    rm -r downstream
}

notes_are_no_action() {
    echo "notes" | tee README.md $project/README.md $project/stacks/README.md crates/plan/README.md >/dev/null
    mkdir -p $project/tests && echo '// A test.' >$project/tests/more.rs
    builds "" //:all_plans
    git reset --quiet --hard && git clean --quiet -d --force
}

# Runs tests, and keeps what Bazel says.
tests() {
    bazel_ test "$@" --nosandbox_debug --noshow_progress --test_output=errors --remote_cache="http://127.0.0.1:$port" \
        >"$home/log" 2>&1
}

policies_and_diagrams_are_tests() {
    local plans
    plans=$(ls "$home/wanted" | wc -l)
    "$runner" evaluate --policies >/dev/null || fail "the runner's policies stop"
    tests //:policies || fail "$(cat "$home/log")"
    [[ $(grep -c 'PASSED in' "$home/log") == "$plans" ]] || fail "not $plans tests: $(cat "$home/log")"
    # A remark makes the plan anew, with the same bytes: no test is run again.
    echo '# A remark.' >>"$file"
    tests //:policies || fail "$(cat "$home/log")"
    [[ $(grep -c '(cached) PASSED in' "$home/log") == "$plans" ]] || fail "some are run again: $(cat "$home/log")"
    restore "$file"

    sed -i 's|^keys = \["OU", |&"CostCentre", |' groundplan.toml
    if "$runner" evaluate --policies >/dev/null 2>&1; then fail "the runner takes what has not all tags"; fi
    if tests "//:${stack}_policy_test"; then fail "the test takes what has not all tags"; fi
    grep -q CostCentre "$home/log" || fail "$(cat "$home/log")"
    restore groundplan.toml

    sed -i 's|-->|---|' "docs/diagrams/$stack.md"
    if tests "//:${stack}_policy_test"; then fail "the test takes a diagram that is not current"; fi
    grep -qF "the diagram of \`$stack\` is not that of its plan" "$home/log" || fail "$(cat "$home/log")"
    restore docs/diagrams
}

another_checkout_takes_all_from_the_shared_cache() {
    cd "$home/two"
    builds "" //:all_plans
    local hits
    hits=$(sed -n 's|^INFO: .* \([0-9]*\) remote cache hit.*|\1|p' "$home/log")
    [[ $hits == $(wc -l <"$home/cold") ]] || fail "not all from the cache: $(cat "$home/log")"
    diff -r "$home/wanted/$stack" "bazel-bin/plans/$stack"
    echo "$hits actions, all from the cache"
    cd "$home/one"
}

# What docs/bazel.md says of continuous integration, commit by commit: the first checkout is the one that builds main,
# the second one that of a pull request; the stacks to look at are the lines that differ in the index.
a_history_builds_what_each_commit_reaches() {
    local before=$home/before.txt
    cp bazel-bin/all_plans.txt "$before"
    costs "a remark" "" 'echo "# Another remark." >>$file' "Planning $stack"
    costs "an edit" "$stack" 'sed -i "s|^name = .operations-qa.|name = \"operations-qa-3\"|" $file' \
        "Indexing all_plans" "Planning $stack"
    costs "notes" "" 'echo notes >NOTES.md'
    # What was there before is in the cache.
    costs "the edit taken back, a remark elsewhere" "$stack" \
        'git show HEAD~2:$file >$file; echo "# A remark." >>projects/infrastructure/aws/kms/stacks/CI.toml' \
        "Planning infrastructure.aws.kms.CI"
    diff "$before" bazel-bin/all_plans.txt || fail "the plans are not those of before"
}

# A commit, the plans that it changes, and the actions that it costs.
costs() {
    local what=$1 changed=$2 edit=$3 wanted
    cp --remove-destination bazel-bin/all_plans.txt "$home/last.txt"
    eval "$edit"
    git add --all
    commit "$what"
    builds "$(printf '%s\n' "${@:4}")" //:all_plans
    wanted=$({ diff "$home/last.txt" bazel-bin/all_plans.txt || true; } | sed -n 's|^> [0-9a-f]*  ||p')
    [[ $wanted == "$changed" ]] || fail "$what changes $wanted"
    # Another machine makes nothing of it again.
    git archive HEAD | tar --extract --directory "$home/two"
    (cd "$home/two" && builds "" //:all_plans)
    echo "$what: $(($# - 3)) actions, $(wc -w <<<"$changed") plans changed"
}

an_action_has_no_network() {
    mkdir probe
    cat >probe/probe.sh <<'EOF'
#!/bin/bash
for name in plan.json plan.{digest,code,inputs.json,mmd,outputs.json,sources.json}; do
    if (exec 3<>"/dev/tcp/127.0.0.1/PORT") 2>/dev/null; then echo "it answers"; else echo "no network"; fi >"$7/$name"
done
EOF
    sed -i "s|PORT|$port|" probe/probe.sh
    chmod +x probe/probe.sh
    cat >probe/BUILD.bazel <<'EOF'
load("//bazel:plan.bzl", "stack_plan")

stack_plan(name = "probe", project = "probe", stack = "QA", manifest = "{\"files\": []}", evaluator = "probe.sh")
EOF
    (exec 3<>"/dev/tcp/127.0.0.1/$port") || fail "the server is gone"
    builds "Planning probe.QA" //probe
    [[ $(cat bazel-bin/probe/plans/probe.QA/plan.json) == "no network" ]] || fail "an action reaches the network"
    rm -r probe
}

a_file_that_the_manifest_does_not_name_is_an_error() {
    sed -i "\|\"$project/stacks/QA.lock.toml\",|d" bazel/workspace.bzl
    refused "undeclared input: the plan of \`$stack\` reads \`$project/stacks/QA.lock.toml\`" "//:$stack"
    restore bazel
}

# An optional file, which was not there when the manifest was written.
a_file_that_appeared_is_an_error() {
    absent "$stack" $project/stacks/QA.lock.toml
    refused "the manifest of inputs is out of date: \`$project/stacks/QA.lock.toml\` is there now" "//:$stack"
    restore bazel
}

# Has the manifest of a stack say that a file is not there.
absent() {
    sed -i "/^    \"$1\": struct(/,/^    ),/ { \|\"$2\",|d; s|inputs = {|&\"absent\": [\"$2\"],| }" bazel/workspace.bzl
}

a_plan_that_waits_has_the_bytes_of_the_runner() {
    waits
    absent $waiting $upstream
    builds "Planning $waiting" "//:$waiting"
    diff -r "$home/waits/$waiting" "bazel-bin/plans/$waiting"
    git checkout --quiet HEAD -- foreign projects bazel
}

a_wrong_stack_file_reads_as_the_runner_says_it() {
    sed -i '1,10s|^cidr_block = .*|cidr_block = 3\nsurprise = true|' "$file"
    if "$runner" evaluate "$stack" 2>"$home/runner.log"; then fail "the runner takes it"; fi
    refused "$file" "//:$stack"
    [[ $(cat "$home/log") == *"$(cat "$home/runner.log")"* ]] ||
        fail "Bazel says it in another way: $(diff "$home/runner.log" "$home/log")"
    restore "$file"
}

an_older_evaluator_is_an_error() {
    echo '// A remark.' >>crates/expr/src/lib.rs
    refused 'is older than `crates/expr/src/lib.rs`' //:all_plans
    refused 'hint: run `cargo xtask evaluators`' //:all_plans
    restore crates
    touch crates/expr/src/more.rs
    refused 'is older than `crates/expr/src/more.rs`' //:all_plans
    rm crates/expr/src/more.rs
}

a_missing_evaluator_is_an_error() {
    rm nix/evaluators/*/substructure.consul-*
    refused 'there is no evaluator of substructure.consul: run `cargo xtask evaluators`' //:all_plans
}

# There is no rules_rust here: with empty rules in its place, that each label leads somewhere, and in no circle.
targets_of_the_crates_have_all_that_they_name() {
    mkdir -p "$home/rules_rust/rust" "$home/crates"
    touch "$home"/{rules_rust,crates}/WORKSPACE "$home/rules_rust/rust/BUILD" "$home/crates/BUILD"
    cat >"$home/rules_rust/rust/defs.bzl" <<'EOF'
_labels = attr.label_list(allow_files = True)
_attributes = {
    "aliases": attr.label_keyed_string_dict(),
    "compile_data": _labels,
    "crate_name": attr.string(),
    "crate_root": attr.label(allow_single_file = [".rs"], mandatory = True),
    "deps": _labels,
    "edition": attr.string(),
    "proc_macro_deps": _labels,
    "srcs": attr.label_list(allow_files = [".rs"]),
}

def _nothing(_ctx):
    return []

rust_library = rule(implementation = _nothing, attrs = _attributes)
rust_proc_macro = rule(implementation = _nothing, attrs = _attributes)
EOF
    cat >"$home/crates/defs.bzl" <<'EOF'
def aliases(package_name):
    return {}

def all_crate_deps(package_name, normal = False, proc_macro = False):
    return []
EOF
    build //bazel/rust:all --nobuild --override_repository=rules_rust="$home/rules_rust" \
        --override_repository=crates="$home/crates" || fail "$(cat "$home/log")"
    grep -q "Analyzed $(grep -c '^workspace_crate(' bazel/rust/BUILD.bazel) targets" "$home/log" || fail "$(cat "$home/log")"
}

run_checks "$@"
