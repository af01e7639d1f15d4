"""Runs a script of bash as the tasks 1 to N of a HyperQueue of its own: hyperqueue.py SCRIPT N

The wheel has no `hq`, which reads the lines of #HQ; what they ask for is asked for here.
"""

import sys

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

script, count = sys.argv[1], int(sys.argv[2])
with LocalCluster() as cluster:
    cluster.start_worker(WorkerConfig(cores=2))
    client = cluster.client()
    job = Job()
    for task in range(1, count + 1):
        job.program(["bash", script], env={"HQ_TASK_ID": str(task)}, stdout=f"{script}-{task}.out", stderr=f"{script}-{task}.err")
    client.wait_for_jobs([client.submit(job)])
