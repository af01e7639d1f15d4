#!/usr/bin/env bash
# Ends the cluster that tests/slurm/start.sh started in a folder. The folder stays.
set -uo pipefail

folder=$(realpath "$1")
export SLURM_CONF="$folder/slurm.conf"
scancel --user=root --quiet 2> /dev/null
munge=$(cat "$folder/munge")
for file in "$folder/slurmd.pid" "$folder/slurmctld.pid" "$munge/pid"; do
    [ -s "$file" ] || continue
    pid=$(cat "$file")
    kill "$pid"
    # Until it has written its state, which the caller may remove.
    timeout 30 tail --pid="$pid" -f /dev/null
done
# munged removes its socket as its last act.
for _ in $(seq 50); do
    rm -r "$munge" 2> /dev/null && exit 0
    sleep 0.1
done
echo "$munge could not be removed" >&2
exit 1
