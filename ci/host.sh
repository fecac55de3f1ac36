#!/usr/bin/env bash
# Machines over ssh: a throw-away copy of this machine's root is booted with systemd and an sshd on 127.0.0.1, and is the
# host. Nothing of this machine itself is changed. It needs root, and once the network, for openssh-server and nspawn.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ $(id -u) != 0 ]]; then
    echo "NOT TESTED, for want of root: machines over ssh"
    exit 0
fi
cargo test --locked --package provider-host --package hostops --package machine
cargo build --locked --package runner
test=$(cargo test --locked --package provider-host --test it --no-run --message-format json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*it-[^"]*\)".*/\1/p' | tail -1)
runner=$(cargo build --locked --package runner --message-format json 2>/dev/null |
    sed -n 's/.*"name":"runner".*"executable":"\([^"]*\)".*/\1/p' | tail -1)

dir=$PWD/target/host
mkdir -p "$dir"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
rm -rf "$dir"/run "$dir"/workspace
mkdir -p "$dir"/run/keys
ssh-keygen -q -t ed25519 -N '' -f "$dir/run/keys/host"
ssh-keygen -q -t ed25519 -N '' -f "$dir/run/keys/user"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$dir/run/keys/host.pub")" >"$dir/run/known_hosts"
cat >"$dir/run/ssh_config" <<END
Host *
    IdentityFile $dir/run/keys/user
    IdentitiesOnly yes
    UserKnownHostsFile $dir/run/known_hosts
    StrictHostKeyChecking yes
END

# It passes a plain signal over; this one reaches all that it started.
unshare --mount --pid --fork --kill-child ci/host/boot.sh "$dir" "$port" &
host=$!
trap 'kill -KILL "$host" 2>/dev/null || true; wait "$host" 2>/dev/null || true' EXIT
for _ in $(seq 1200); do
    if python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null; then break; fi
    kill -0 "$host"
    sleep 0.1
done

export GROUNDPLAN_SSH="ssh -F $dir/run/ssh_config" GROUNDPLAN_TEST_HOST="ssh://root@127.0.0.1:$port"
# Where the sockets of connections are: not those of whoever runs this.
export XDG_RUNTIME_DIR=$dir/run
"$test" --ignored --nocapture --test-threads 1

# The whole way, with a real package, by the runner.
mkdir -p "$dir/workspace/projects/hosts/baseline"
cp -r groundplan.toml secrets "$dir/workspace/"
cp -r projects/hosts/baseline/stacks "$dir/workspace/projects/hosts/baseline/"
cat >>"$dir/workspace/groundplan.toml" <<END

[profiles.host]
provider = "sandbox"
providers = { host = "host" }
instances = { demo = { endpoint = "$GROUNDPLAN_TEST_HOST" } }
END
sed -i 's/"curl", "jq"/"curl", "tree"/' "$dir/workspace/projects/hosts/baseline/stacks/demo.Dev.toml"
sessions() { grep -c 'Starting session' "$dir/upper/etc/gp/log" || true; }
up() { "$runner" -C "$dir/workspace" up hosts.baseline.demo.Dev --yes --profile host "$@" 2>&1; }
before=$(sessions)
up | tee "$dir/run/up.log"
grep -q '5 created' "$dir/run/up.log"
first=$(($(sessions) - before))
up | grep -q 'nothing to do'
again=$(($(sessions) - before - first))
up --refresh | grep -q 'nothing to do'
refreshed=$(($(sessions) - before - first - again))
echo "over ssh: $first sessions for the first run, $again when nothing has changed, $refreshed to look at all of it"
[[ $first -le 4 && $again == 0 && $refreshed == 1 ]]
$GROUNDPLAN_SSH -p "$port" root@127.0.0.1 'tree --version && test -L /etc/systemd/system/multi-user.target.wants/concourse.path && systemctl is-active concourse.path'
# Whoever goes there is killed at some instant, ten times: one more run puts all right, and leaves nothing half-written.
stack=$dir/workspace/projects/hosts/baseline/stacks/demo.Dev.toml
killed=0
for round in $(seq 10); do
    sed -i "s#^files = .*#files = [\"/etc/default/concourse\", \"/etc/round-$round\"]#" "$stack"
    GROUNDPLAN_SSH="timeout -s KILL 0.$((round * 3 + 2)) $GROUNDPLAN_SSH" up >"$dir/run/killed.log" || killed=$((killed + 1))
    up >"$dir/run/up.log" || { cat "$dir/run/killed.log" "$dir/run/up.log"; exit 1; }
    up --refresh | grep -q 'nothing to do'
    $GROUNDPLAN_SSH -p "$port" root@127.0.0.1 "grep -q round-$round /etc/systemd/system/concourse.path && ! ls -d /etc/systemd/system/.groundplan-*" 2>/dev/null
done
echo "over ssh: $killed of 10 runs were killed on the way"
[[ $killed -ge 2 ]]
sed -i 's/"curl", "tree"/"curl"/; /watches/,$d' "$dir/workspace/projects/hosts/baseline/stacks/demo.Dev.toml"
up | grep -q '4 deleted'
$GROUNDPLAN_SSH -p "$port" root@127.0.0.1 'command -v curl && ! command -v tree && ! test -e /etc/systemd/system/concourse.path'
