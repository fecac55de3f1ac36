#!/usr/bin/env bash
# Makes a genomics centre of many datasets in a directory, to measure with: `ci/centre.sh 40 DIR`, then the runner with
# `-C DIR`. The people and services are those of the example.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
[[ $# == 2 && $1 =~ ^[1-9][0-9]*$ ]] || { echo "usage: ci/centre.sh DATASETS DIRECTORY" >&2; exit 64; }
[[ ! -e $2 ]] || { echo "$2 is there already" >&2; exit 64; }

centre=$2/configuration/cpg
mkdir -p "$centre/datasets" "$2/projects/cpg/organisation/stacks" "$2/.groundplan/sandbox"
cp -r "$here/groundplan.toml" "$here/secrets" "$2"
cp "$here/projects/cpg/organisation/stacks/production.lock.toml" "$2/projects/cpg/organisation/stacks"
cp -r "$here/configuration/cpg/functions" "$centre"
sed 's/analysis_group_dataset: .*/analysis_group_dataset: common/' "$here/configuration/cpg/config-infrastructure.yaml" \
    >"$centre/config-infrastructure.yaml"
# The sandbox takes no time of its own.
echo 'latency = 0.0' >"$2/.groundplan/sandbox/knobs.toml"

people=(ana.lyst data.manager meta.reader meta.contrib meta.writer web.viewer release.viewer up.loader dev.ops)
for ((n = 0; n < $1; n++)); do
    name=common
    if ((n)); then name=$(printf 'ds%02d' "$n"); fi
    echo "$name:"
    echo "  gcp: { project: ex-$name }"
    if ((n == 0)); then echo "  create_container_registry: true"; fi
    # Every fifth one depends on the one before it.
    if ((n > 1 && n % 5 == 0)); then printf '  depends_on: [ds%02d]\n' $((n - 1)); fi
    mkdir "$centre/datasets/$name"
    echo "gcp: { monthly_budget: $((100 + n)) }" >"$centre/datasets/$name/budgets.yaml"
    {
        echo "analysis: [${people[n % 9]}, ${people[(n + 1) % 9]}, ${people[(n + 2) % 9]}]"
        echo "data-manager: [${people[(n + 3) % 9]}]"
    } >"$centre/datasets/$name/members.yaml"
done >"$centre/config-datasets.yaml"
echo "$1 datasets in $2"
