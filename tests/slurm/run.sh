#!/usr/bin/env bash
# Runs the tests of printed scripts by their own schedulers: Slurm, GNU parallel, HyperQueue. They are installed from
# Debian's packages and as a wheel, which needs root on Debian; elsewhere this says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() {
    echo "skipped: the tests with schedulers: $1"
    exit 0
}
[ "$(id -u)" -eq 0 ] && [ -e /etc/debian_version ] || skip "Slurm is installed and started as root on Debian only"
packages=(slurm-wlm slurmctld slurmd slurm-client munge parallel python3)
if ! dpkg --status "${packages[@]}" > /dev/null 2>&1; then
    { apt-get update && apt-get install --yes --no-install-recommends "${packages[@]}"; } > target/slurm-install.log 2>&1 ||
        { [ -z "${CI:-}" ] && skip "the packages could not be installed: target/slurm-install.log"; }
fi
tests=(schedulers::tasks_of_slurm schedulers::a_run_that_slurm schedulers::gnu_parallel)
if [ -x target/hyperqueue/bin/python ] ||
    { python3 -m venv target/hyperqueue && target/hyperqueue/bin/pip install --quiet hyperqueue; }; then
    export LINDIFF_HYPERQUEUE=target/hyperqueue/bin/python
    tests+=(schedulers::hyperqueue)
else
    echo "skipped: the test with HyperQueue, whose wheel could not be installed"
fi
folder=$(mktemp -d)
trap 'tests/slurm/stop.sh "$folder"; rm -r "$folder"' EXIT
SLURM_CONF=$(tests/slurm/start.sh "$folder")
export SLURM_CONF
# One at a time: they wait until the queue is empty.
cargo test --release --test command_line -- --ignored --test-threads=1 "${tests[@]}"
