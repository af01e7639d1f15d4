#!/usr/bin/env python3
"""How long does `lindiff serve` take to list many runs, and how much memory?

    scripts/many_runs.py PROGRAM [RUNS]

Makes RUNS (default 10000) small run directories in a temporary folder, starts the program on it, and asks for the list:
all of it, again when nothing has changed, and after one run has a new row. Needs Linux for the memory.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

CONFIG = 'name = "run {0}"\n[data]\nsource = "power-law"\ndim = 200\nsamples = {0}\n[model]\nkind = "per-step"\n[training]\nepochs = 500\n'
HEADER = "epoch,tau,train_loss,test_loss,oracle_loss,predicted_train_loss,predicted_test_loss,kl_true_sampled,kl_sampled_true,seconds\n"
ROW = "{0},0.1,0.123456789,0.234567891,0.1,0.12345,0.23456,0.5,0.25,1.000\n"


def write_runs(folder, count):
    for index in range(count):
        run = folder / f"run-{index:05}"
        run.mkdir()
        (run / ".lindiff-run").write_text("{}")
        (run / "config.toml").write_text(CONFIG.format(index))
        (run / "metrics.csv").write_text(HEADER + "".join(ROW.format(epoch) for epoch in range(100)))
        (run / "summary.json").write_text("{}")


def asked(url):
    began = time.perf_counter()
    body = urllib.request.urlopen(url).read()
    return json.loads(body), len(body), time.perf_counter() - began


def memory(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


def main(program, count=10_000):
    count = int(count)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_runs(folder, count)
        command = [program, "serve", str(folder), "--port", "0", "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        text = ""
        while not text.endswith("\n}\n"):
            text += process.stdout.readline()
        url = json.loads(text)["url"] + "api/runs"
        before = memory(process)
        news, size, took = asked(url)
        assert len(news["runs"]) == count
        print(f"{count} runs, all of them:     {1000 * took:7.0f} ms  {size / 1e6:6.2f} MB")
        time.sleep(10 * news["seconds"] + 1)
        after, size, took = asked(f"{url}?after={news['revision']}")
        assert after["runs"] == [], after
        print(f"nothing has changed:       {1000 * took:7.0f} ms  {size / 1e6:6.2f} MB")
        with (folder / "run-00007" / "metrics.csv").open("a") as table:
            table.write(ROW.format(100))
        time.sleep(10 * after["seconds"] + 1)
        after, size, took = asked(f"{url}?after={news['revision']}")
        assert [run["epoch"] for run in after["runs"]] == [100], after
        print(f"one run has a new row:     {1000 * took:7.0f} ms  {size / 1e6:6.2f} MB")
        print(f"memory: {before:.0f} MB before the first list, {memory(process):.0f} MB now")
        process.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])
