"""Runs a script of bash as the tasks 1 to N of a HyperQueue of its own: in_hyperqueue.py SCRIPT N

The wheel has no `hq`, which reads the lines of #HQ; what they ask for is asked for here.
"""

import sys
from glob import glob

from hyperqueue import Job, LocalCluster
from hyperqueue.client import FailedJobsException
from hyperqueue.cluster import WorkerConfig

script, count = sys.argv[1], int(sys.argv[2])
with LocalCluster() as cluster:
    cluster.start_worker(WorkerConfig(cores=2))
    client = cluster.client()
    job = Job()
    for task in range(1, count + 1):
        # `hq` counts the tasks of an array as its option says, from 1; the wheel counts from 0.
        job.program(["env", f"HQ_TASK_ID={task}", "bash", script], stdout=f"{script}-{task}.out", stderr=f"{script}-{task}.err")
    try:
        client.wait_for_jobs([client.submit(job)])
    except FailedJobsException:
        for file in sorted(glob(f"{script}-*.err")):
            print(file, open(file).read(), file=sys.stderr)
        raise
