#!/usr/bin/env bash
# Starts a cluster of one node in an empty folder: munge and Debian's Slurm, as root, without systemd.
#   tests/slurm/start.sh FOLDER    prints the path of its slurm.conf, which SLURM_CONF must name
#   tests/slurm/stop.sh FOLDER     ends it
# Its daemons, keys, states and logs are its own, so that it neither needs nor disturbs a Slurm of the machine.
set -euo pipefail

folder=$(realpath "$1")
host=$(hostname -s)
cores=$(nproc)
mkdir -p "$folder"/{state,spool,log}

# Munge refuses a key or a socket below a folder that others may write into, so these lie in folders of its user.
munge=$(mktemp -d /run/lindiff-munge.XXXXXX)
echo "$munge" > "$folder/munge"
head -c 1024 /dev/urandom > "$munge/key"
chmod 0755 "$munge"
chmod 0400 "$munge/key"
chown -R munge: "$munge"
runuser -u munge -- /usr/sbin/munged --key-file="$munge/key" --socket="$munge/socket" --pid-file="$munge/pid" \
    --log-file="$munge/log" --seed-file="$munge/seed"

# Ports that nobody listens on now.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'
}

cat > "$folder/slurm.conf" <<CONF
ClusterName=lindiff
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
AuthType=auth/munge
# A task that was queued again waits until its old credential has expired, by default two minutes.
AuthInfo=socket=$munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
# Tasks of a low partition make way for those of a high one, after five seconds in which they may save their work.
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
# Without waiting, so that a test takes seconds; the task that began last makes way.
SchedulerParameters=preempt_youngest_first,sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=0
KillWait=5
MaxArraySize=${LINDIFF_MAX_ARRAY:-1001}
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=low Nodes=$host Default=YES PriorityTier=1 GraceTime=20 MaxTime=INFINITE State=UP OverSubscribe=NO
PartitionName=high Nodes=$host PriorityTier=2 PreemptMode=OFF MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
export SLURM_CONF="$folder/slurm.conf"
slurmctld -f "$SLURM_CONF"
slurmd -f "$SLURM_CONF"
for _ in $(seq 60); do
    if [ "$(sinfo --noheader --partition=low --format=%T 2> /dev/null)" = idle ]; then
        echo "$SLURM_CONF"
        exit 0
    fi
    sleep 0.5
done
cat "$folder"/log/*.log >&2
echo "Slurm did not become idle in 30 s" >&2
exit 1
