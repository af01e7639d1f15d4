"""The timers of benches/, built."""

import json
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def build(bench, *flags):
    """Builds a bench and gives the path of its program."""
    command = ["cargo", "bench", "--no-run", "--bench", bench, "--message-format=json", *flags]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit(run.returncode)
    messages = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    for message in messages:
        if message.get("executable") and message["target"]["name"] == bench:
            return message["executable"]
    sys.exit(f"{bench} was not built")
