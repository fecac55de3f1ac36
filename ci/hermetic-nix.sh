#!/usr/bin/env bash
# Plans by Nix, on a copy of this workspace and in a store of its own: whatever docs/hermetic.md says of them, by the
# commands that are written there.
# Needs the runner, and the evaluators that `cargo xtask evaluators` builds. Stops at the first thing that does not hold.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$PWD/target/hermetic-nix
copy=$home/workspace
fixtures=$PWD/ci/hermetic-nix
page=$PWD/docs/hermetic.md
source ci/hermetic.sh

checks=(
    all_plans_have_the_bytes_of_the_runner
    an_unprivileged_user_gets_the_same_store_paths
    programs_are_static_and_small
    nothing_to_do_is_quick
    plans_are_deterministic
    an_edit_builds_the_stacks_that_the_runner_names
    a_comment_builds_one_plan_and_goes_no_further
    notes_build_nothing
    a_stack_without_a_manifest_is_an_error
    a_file_that_the_manifest_does_not_name_is_an_error
    a_file_that_appeared_is_an_error
    a_plan_that_waits_has_the_bytes_of_the_runner
    no_secret_is_in_the_store
    an_older_or_missing_evaluator_is_an_error
    a_committed_evaluator_is_refused
    a_wrong_stack_file_reads_as_the_runner_says_it
    policies_and_diagrams_are_checked
    each_job_builds_what_changed_since_any_other
    another_checkout_gives_the_same_programs
    a_program_finds_no_network_no_clock_and_no_other_file
    the_flake_from_source_hangs_together
    every_command_of_the_page_was_run
)

prepare() {
    if ! command -v nix >/dev/null; then
        apt-get update -qq >/dev/null
        apt-get install -y -qq --no-install-recommends nix-bin >/dev/null
    fi
    mkdir -p "$copy" "$home/etc" "$home/user"
    # A chroot store, so that root and others build alike and nothing outside of `target` is touched; nothing is fetched.
    # The rest of the settings are those of the page.
    printf '%s\n' 'build-users-group =' 'substituters =' 'flake-registry =' 'max-jobs = auto' >"$home/etc/nix.conf"
    export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
    export NIX_CONF_DIR=$home/etc NIX_REMOTE="local?root=$home/store" HOME=$home/user
    run_page "export NIX_CONFIG"
    copy_to "$copy"
    cd "$copy"
    git init --quiet
    git add --all
    commit "a workspace"
    # What is built already is not built again: programs, and crates of the registry.
    cp -r "$evaluators" nix/evaluators
    mkdir target
    ln -s "$(dirname "$home")/evaluators" target/evaluators
    # A run leaves a record of what is committed, which it compares with later; links to what is built are no part of it.
    printf '/%s\n' plans network dev by-path waits checked paths.json >>.git/info/exclude
    "$runner" evaluate >/dev/null
    git add --intent-to-add --force nix/evaluators
}

# What is not below `home`.
finish() { if [[ -n ${theirs:-} ]]; then discard "$theirs"; fi; }

# `cargo xtask`, of which there is a program already.
cargo() {
    if [[ $1 == xtask ]]; then
        CARGO_MANIFEST_DIR=$copy/ci/xtask "${runner%/*}/xtask" "${@:2}"
    else
        command cargo "$@"
    fi
}

# Runs the commands of the page's part on Nix that one of them stands for, and notes it.
run_page() {
    local commands
    commands=$(block "$1")
    echo "$1" >>"$home/commands"
    eval "$commands"
}

block() {
    awk -v "wanted=$1" '
        /^## / { here = $0 == "## With Nix" }
        /^```$/ { if (inside && index(text, wanted)) { printf "%s", text; found = 1 } inside = 0 }
        inside { text = text $0 "\n" }
        /^```sh$/ { inside = here; text = "" }
        END { exit !found }
    ' "$page" || fail "there is no \`$1\` in $page"
}

# Where something in the store, or a link to it, really is.
inside() {
    local path=$1
    while [[ -L $path ]]; do path=$(readlink "$path"); done
    echo "${NIX_REMOTE#local?root=}$path"
}

# The same names below both, with the same bytes in each file.
compare() {
    local wanted=$1 plans=$2 name count=0
    for name in $(ls "$wanted"); do
        diff -r "$wanted/$name" "$(inside "$(inside "$plans")/$name")/" || fail "$name differs"
        count=$((count + 1))
    done
    [[ $count -gt 0 && $count == $(ls "$(inside "$plans")" | grep -vc '^manifest.nix$') ]] || fail "other stacks in $plans"
    echo "$count plans with equal bytes"
}

# Builds, and says the names of the derivations that were built.
built() {
    nix build --no-link "$@" 2>"$home/log" || fail "$(cat "$home/log")"
    sed -n "s|^building '/nix/store/[a-z0-9]*-\(.*\)\.drv'.*|\1|p" "$home/log" | sort
}

builds() {
    local found
    found=$(built "${@:2}")
    [[ $found == "$1" ]] || fail "built is"$'\n'"$found"$'\n'"and not"$'\n'"$1"
}

# Fails to build, and says something.
refused() {
    if nix build --no-link "${@:2}" 2>"$home/log"; then fail "it builds although: $1"; fi
    grep -qF -- "$1" "$home/log" || fail "\"$1\" is not said in"$'\n'"$(cat "$home/log")"
}

all_plans_have_the_bytes_of_the_runner() {
    run_page "cargo xtask evaluators"
    "$runner" evaluate --out "$home/wanted" >/dev/null
    cmp "$(inside network)/$stack/plan.json" "$home/wanted/$stack/plan.json"
    compare "$home/wanted" plans
    [[ ! -e flake.lock ]] || fail "the flake locks something"
    # What is known, and not in the default selection, is built by name.
    nix build '.#plans."infrastructure.aws.kms.Dev"' --out-link dev
    "$runner" evaluate infrastructure.aws.kms.Dev --out "$home/dev" >/dev/null
    diff -r "$home/dev" "$(inside dev)"
    nix build "path:$copy#plans.\"$stack\"" --out-link by-path
    cmp "$(inside by-path)/$stack/plan.json" "$home/wanted/$stack/plan.json"
}

an_unprivileged_user_gets_the_same_store_paths() {
    if ((EUID != 0)); then
        echo "all of this is done by an unprivileged user"
        return
    fi
    # Not below this directory, which others may not be allowed to enter.
    theirs=$(mktemp -d)
    cp -r "$copy" "$theirs/workspace"
    chown -R nobody "$theirs"
    (
        cd "$theirs/workspace"
        cp -r "$NIX_CONF_DIR" "$theirs/etc"
        export HOME=$theirs NIX_CONF_DIR=$theirs/etc NIX_REMOTE="local?root=$theirs/store"
        setpriv --reuid nobody --regid nogroup --clear-groups nix build --out-link plans
        [[ $(readlink plans) == "$(readlink "$copy/plans")" ]] || fail "$(readlink plans) is another path"
        compare "$home/wanted" plans
    )
    discard "$theirs"
}

# No library, no SDK, and 30 MB at the most, which the kernel holds them to.
programs_are_static_and_small() {
    local name project program linked
    if grep -oE '"(aws-[^ ]*|hyper|reqwest|rustls|tokio) ' nix/evaluators/*/table.json; then fail "some are built of that"; fi
    grep -q '"serde ' nix/evaluators/*/table.json || fail "there are no packages in the table"
    for program in nix/evaluators/*/*-????????????????; do
        linked=$(ldd "$program" 2>&1 || true)
        [[ $linked == *"statically linked"* || $linked == *"not a dynamic executable"* ]] || fail "$program: $linked"
    done
    for name in $(ls "$home/wanted"); do
        project=$(of_project "$name")
        program=$(echo nix/evaluators/*/"${project//\//.}"-????????????????)
        (
            ulimit -v 30000
            "$program" "$name" --root . --manifest "projects/$project/stacks/inputs.lock.json" --out "$home/small/$name"
        ) || fail "$program needs more memory for $name"
    done
    diff -r "$home/wanted" "$home/small"
}

# The directory of a stack's project, below projects/.
of_project() {
    local directory=${1//.//}
    until [[ -e projects/$directory/Cargo.toml ]]; do directory=${directory%/*}; done
    echo "$directory"
}

# Nothing is copied to the store, not even to be thrown away again. How long that takes is said, and no more.
nothing_to_do_is_quick() {
    local TIMEFORMAT=%R store times before
    store=$(inside /nix/store)
    builds ""
    before=$(stat --format %y "$store")
    for _ in {1..10}; do
        { time builds "" 2>&3; } 3>&2 2>>"$home/times"
    done
    [[ $(stat --format %y "$store") == "$before" ]] || fail "something was made in $store"
    mapfile -t times < <(sort --numeric-sort "$home/times")
    echo "nothing to do: ${times[4]} s, at the worst ${times[9]} s"
}

# One stack of each project.
plans_are_deterministic() {
    local plans
    mapfile -t plans < <(sed -n 's|^ *"directory": "projects/\(.*\)",$|\1|p' nix/evaluators/*/table.json | tr / . |
        while read -r name; do ls "$home/wanted" | sed -n "s|^$name\..*|.#plans.\"&\"|p;T;q"; done)
    run_page "--rebuild"
    nix build --no-link --rebuild "${plans[@]}" 2>"$home/log" || fail "$(cat "$home/log")"
    [[ $(grep -c "^checking outputs of" "$home/log") == "${#plans[@]}" ]] || fail "$(cat "$home/log")"
}

an_edit_builds_the_stacks_that_the_runner_names() {
    local stacks=projects/applications/edx_notes/stacks
    # Another tag on the resources of two stacks, which is in nothing that they export.
    sed -i 's|^business_unit = .*|business_unit = "operations"|' $stacks/mitx.QA.toml $stacks/xpro.QA.toml
    builds_what_is_named 2
    [[ $(wc -l <"$home/affected") == 2 ]] || fail "others are affected: $(cat "$home/affected")"
    restore projects
    # What others read: they are affected, and their plans are as they were, since they read it when it is known.
    sed -i 's|^name = "operations-qa"|name = "operations-qa-2"|' "$file"
    builds_what_is_named 1
    restore projects
}

# Builds the stacks that the runner names as affected by what is not committed yet, if it is not by outputs of others
# alone: these, and no others. It names so many.
builds_what_is_named() {
    local named changed
    "$runner" affected --changed-since HEAD --json >"$home/affected"
    if grep -q '"exact":false' "$home/affected"; then fail "this is an upper bound: $(cat "$home/affected")"; fi
    named=$(perl -MJSON::PP -ne '
        my $row = decode_json($_);
        print "plan-$row->{stack}\n" if grep { !/^output / } @{$row->{reasons}};
    ' "$home/affected" | sort)
    changed=$(reached plan-)
    [[ $(wc -l <<<"$named") == "$1" && $named == "$changed" ]] || fail "the runner names $named, and changed are $changed"
    builds "$named"$'\nplans'
}

a_comment_builds_one_plan_and_goes_no_further() {
    run_page ".#addressed"
    compare "$home/wanted" plans
    echo '# A remark.' >>"$file"
    [[ -z $(reached plan-) ]] || fail "a remark changes a plan"
    builds "plan-$stack" .#addressed
    restore "$file"
}

notes_build_nothing() {
    local notes=(NOTES.md "$project/NOTES.md" "$project/stacks/NOTES.md")
    echo "More of them." >>README.md
    echo "Notes." | tee "${notes[@]}" >/dev/null
    git add --intent-to-add "${notes[@]}"
    builds ""
    builds "" .#addressed
    git rm --quiet --force "${notes[@]}"
    restore README.md
}

a_stack_without_a_manifest_is_an_error() {
    cp "$file" $project/stacks/QB.toml
    git add --intent-to-add $project/stacks/QB.toml
    refused 'has no manifest for QB: run `runner evaluate --manifests write`'
    git rm --quiet --force $project/stacks/QB.toml
}

a_file_that_the_manifest_does_not_name_is_an_error() {
    sed -i '/QA.lock.toml/d' $project/stacks/inputs.lock.json
    refused "undeclared input: the plan of \`$stack\` reads \`$project/stacks/QA.lock.toml\`" ".#plans.\"$stack\""
    restore $project
}

# An optional file, which was not there when the manifest was written.
a_file_that_appeared_is_an_error() {
    perl -0777 -MJSON::PP -i -pe '
        my $manifests = decode_json($_);
        @{$manifests->{QA}{files}} = grep { !/QA\.lock\.toml$/ } @{$manifests->{QA}{files}};
        $manifests->{QA}{absent} = ["'$project/stacks/QA.lock.toml'"];
        $_ = encode_json($manifests);
    ' $project/stacks/inputs.lock.json
    refused "the manifest of inputs is out of date: \`$project/stacks/QA.lock.toml\` is there now" ".#plans.\"$stack\""
    restore $project
}

a_plan_that_waits_has_the_bytes_of_the_runner() {
    waits
    nix build ".#plans.\"$waiting\"" --out-link waits
    diff -r "$home/waits" "$(inside waits)"
    git checkout --quiet HEAD -- foreign projects
}

# A stack file has its secrets sealed, and a plan has their names and fingerprints.
no_secret_is_in_the_store() {
    local secret=never-to-be-seen-$RANDOM$RANDOM key=fastly_customer_id store sealed
    local stack=infrastructure.monitoring.default file=projects/infrastructure/monitoring/stacks/default.toml
    store=$(inside /nix/store)
    printf %s "$secret" | "$runner" config set $stack $key --secret
    builds "plan-$stack" ".#plans.\"$stack\""
    sealed=$(sed -n "s|^$key = .*\"\(age:.*\)\".*|\1|p" $file)
    grep -qF "${sealed:?}" "$store"/*-inputs-$stack/$file || fail "what is sealed is not in the store either"
    if grep -rqF "$secret" "$store"; then fail "the secret is in the store"; fi
    restore $file
}

an_older_or_missing_evaluator_is_an_error() {
    echo '// A remark.' >>crates/expr/src/lib.rs
    refused 'is older than crates/expr: run `cargo xtask evaluators`'
    restore crates
    git reset --quiet -- nix/evaluators
    refused "there are no evaluators for $(uname -m)-linux: run \`cargo xtask evaluators\`"
    git add --intent-to-add --force nix/evaluators
}

a_committed_evaluator_is_refused() {
    git add --force nix/evaluators/*/table.json
    commit "a part of the evaluators"
    if cargo xtask evaluators 2>"$home/log"; then fail "evaluators may be committed"; fi
    grep -qF 'is committed, and evaluators are built: `git rm --cached -r nix/evaluators`' "$home/log" || fail "$(cat "$home/log")"
    git reset --quiet HEAD~1
    git add --intent-to-add --force nix/evaluators
}

a_wrong_stack_file_reads_as_the_runner_says_it() {
    sed -i '1,10s|^cidr_block = .*|cidr_block = 3\nsurprise = true|' "$file"
    if "$runner" evaluate "$stack" 2>"$home/runner.log"; then fail "the runner takes it"; fi
    refused "$file" --print-build-logs ".#plans.\"$stack\""
    # Nix leaves out empty lines.
    sed -n "s|^plan-$stack> \(.\)|\1|p" "$home/log" >"$home/nix.log"
    diff <(grep . "$home/runner.log") "$home/nix.log" || fail "Nix says it in another way"
    restore "$file"
}

policies_and_diagrams_are_checked() {
    run_page "nix flake check"
    nix build .#checked --out-link checked
    [[ $(ls "$(inside checked)"/*.txt | wc -l) == $(ls "$home/wanted" | wc -l) ]] || fail "some plans are not checked"

    "$runner" evaluate --policies >/dev/null || fail "the runner's policies stop"
    sed -i 's|^keys = \["OU", |&"CostCentre", |' groundplan.toml
    if "$runner" evaluate --policies >/dev/null 2>&1; then fail "the runner takes what has not all tags"; fi
    refused 'CostCentre' .#checked
    restore groundplan.toml

    sed -i 's|-->|---|' "docs/diagrams/$stack.md"
    refused "the diagram of \`$stack\` is not that of its plan" .#checked
    restore docs/diagrams
}

# A job on a new machine, which knows what earlier jobs left in the cache: the names of what it built.
job() {
    rm -f plans
    NIX_REMOTE="local?root=$home/job" run_page "nix copy" 2>"$home/log" || fail "$(cat "$home/log")"
    discard "$home/job"
    sed -n "s|^building '/nix/store/[a-z0-9]*-\(plan-.*\)\.drv'.*|\1|p" "$home/log" | sort
}

each_job_builds_what_changed_since_any_other() {
    run_page "nix key"
    local found
    found=$(job | wc -l)
    [[ $found == $(ls "$home/wanted" | wc -l) ]] || fail "the first job builds $found plans"
    run_page "nix eval"
    mv paths.json "$home/paths.json"
    # A history: whose plans each commit changes.
    local commits=(
        "a README|" "a comment|plan-$stack" "an edit|plan-$stack" "two edits|plan-applications.edxapp.mitx.CI plan-$stack" "back|"
    ) wanted
    for commit in "${commits[@]}"; do
        wanted=${commit#*|}
        case ${commit%|*} in
            "a README") echo "More." >>README.md ;;
            "a comment") echo "# A remark." >>"$file" ;;
            "an edit") sed -i 's|^name = "operations-qa"|name = "operations-qa-2"|' "$file" ;;
            "two edits")
                echo "# A remark." >>projects/applications/edxapp/stacks/mitx.CI.toml
                sed -i 's|^name = "operations-qa-2"|name = "operations-qa-3"|' "$file"
                ;;
            "back") git checkout --quiet HEAD~4 -- projects ;;
        esac
        git add --update README.md projects
        commit "${commit%|*}"
        found=$(job)
        [[ ${found//$'\n'/ } == "$wanted" ]] || fail "after ${commit%|*} the job builds $found"
        run_page "nix eval"
        echo "after ${commit%|*}: ${wanted:-nothing}"
    done
    # All is as at first, but for the README.
    cmp paths.json "$home/paths.json"
}

# Another checkout, in another place, whose own crates are all compiled anew; those of the registry are the same.
another_checkout_gives_the_same_programs() {
    local program
    program=$(basename "$evaluators"/*/substructure.consul-????????????????)
    rm target/evaluators nix/evaluators/*/"$program"
    cp -r "$(dirname "$home")/evaluators" target/evaluators
    find crates projects -name '*.rs' -exec touch {} +
    cargo xtask evaluators
    cmp nix/evaluators/*/"$program" "$evaluators"/*/"$program"
    # What was linked is there once.
    if compgen -G "target/evaluators/*/evaluator/deps/evaluator-????????????????"; then fail "cargo keeps programs"; fi
    echo "$program, once more: the same bytes"
}

# A project whose plans read what they must not: without a sandbox most of it can be had.
a_program_finds_no_network_no_clock_and_no_other_file() {
    local stacks=(clock disk network undeclared) port
    # Listens as long as this shell lives.
    read -r port < <(perl -MIO::Socket::INET -e '
        my $socket = IO::Socket::INET->new(Listen => 9, LocalAddr => "127.0.0.1") or die "cannot listen: $!";
        $| = 1;
        print $socket->sockport, "\n";
        close STDOUT;
        sleep 1 while kill 0, $ARGV[0];
    ' $$)
    "$runner" new project probe
    rm -f projects/probe/stacks/*
    cp "$fixtures/probe.rs" projects/probe/src/lib.rs
    {
        echo "{"
        for name in "${stacks[@]}"; do
            printf 'reads = "%s"\nport = %s\ndisk = "%s"\n' $name "$port" "$NIX_CONF_DIR/nix.conf" >projects/probe/stacks/$name.toml
            printf '  "%s": { "files": ["projects/probe/stacks/%s.toml"] }%s\n' $name $name "$([[ $name == undeclared ]] || echo ,)"
        done
        echo "}"
    } >projects/probe/stacks/inputs.lock.json
    command cargo update --quiet --workspace --offline
    git add --intent-to-add projects
    cargo xtask evaluators

    # The first process of a sandbox, which no signal to abort reaches, ends by the next thing that abort() tries.
    refused 'failed due to signal 11' '.#plans."probe.clock"'
    refused 'disk: No such file' '.#plans."probe.disk"'
    refused 'network: ' '.#plans."probe.network"'
    refused 'undeclared input: the plan of `probe.undeclared` reads `groundplan.toml`' '.#plans."probe.undeclared"'
    # It is Nix that refuses the disk and the network, and the program that has no clock.
    local name code=0
    for name in disk network; do evaluate_by_hand $name; done
    (evaluate_by_hand clock) 2>/dev/null || code=$?
    [[ $code == 134 ]] || fail "a program that asks for the time ends with $code"
}

evaluate_by_hand() {
    nix/evaluators/*/probe-???????????????? "probe.$1" --root . --manifest projects/probe/stacks/inputs.lock.json --out "$home/probe"
}

# The flake that builds from source, without a network: its inputs are stubs, which hand out what was built already. That
# shows that the parts fit together, and nothing of nixpkgs and crane.
the_flake_from_source_hangs_together() {
    cp -r "$fixtures/stubs" "$home/stubs"
    tar --create --directory nix/evaluators --file "$home/stubs/crane/evaluators.tar" .
    local system inputs
    system=$(uname -m)-linux
    inputs=(--no-write-lock-file --override-input nixpkgs "path:$home/stubs/nixpkgs" --override-input crane "path:$home/stubs/crane")
    nix build "${inputs[@]}" ./nix --out-link plans
    compare "$home/wanted" plans
    nix flake check "${inputs[@]}" ./nix
    nix eval "${inputs[@]}" --raw "./nix#apps.$system.default.program" | grep -q '/bin/runner$'
    # What has to be built from source is there and not at the root.
    local one
    for one in packages.$system.runner devShells.$system.default; do
        nix eval "${inputs[@]}" "./nix#$one.drvPath" >/dev/null
        if nix eval ".#$one.drvPath" 2>/dev/null; then fail "the flake at the root has $one"; fi
    done
    rm -r "$home/stubs"
}

every_command_of_the_page_was_run() {
    local all
    all=$(awk '/^## / { here = $0 == "## With Nix" } /^```sh$/ && here' "$page" | wc -l)
    [[ $(sort -u "$home/commands" | wc -l) == "$all" ]] || fail "of $all blocks these were run: $(sort -u "$home/commands")"
}

run_checks "$@"
