"""The program `lindiff` in the package: statuses, pipes, signals."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import lindiff
from conftest import PROGRAM

RUN = dict(capture_output=True, text=True)


def test_results_go_to_stdout_with_status_0():
    done = subprocess.run([*PROGRAM, "predict", "--dim", "20", "--samples", "40"], **RUN)
    assert done.returncode == 0 and "test_loss" in done.stdout and done.stderr == ""
    done = subprocess.run([*PROGRAM, "--version"], **RUN)
    assert done.stdout.strip() == f"lindiff {lindiff.__version__}"
    assert subprocess.run([*PROGRAM, "forecast", "digits", "--set", "schedule.keep=5", "--quiet"], **RUN).returncode == 0


def test_wrong_input_and_wrong_usage_have_status_2():
    for words in (["predict", "--dim", "0", "--samples", "4"], ["forecast", "no-such-file.csv"], ["predict", "--dimm", "3"]):
        done = subprocess.run([*PROGRAM, *words], **RUN)
        assert done.returncode == 2 and done.stderr and "Traceback" not in done.stderr, words
    done = subprocess.run([*PROGRAM, "forecast", "no-such-file.csv", "--json"], **RUN)
    assert json.loads(done.stderr.splitlines()[-1])["error"]["status"] == 2


@pytest.mark.parametrize("command", ["train", "sample", "sweep", "reproduce"])
def test_commands_that_need_networks_say_how_to_get_them(command):
    done = subprocess.run([*PROGRAM, command, "--json"], **RUN)
    message = json.loads(done.stderr)["error"]["message"]
    assert done.returncode == 2 and "cargo install --path ." in message and f"lindiff {command}" in message


def test_a_reader_that_goes_away_is_no_error():
    words = ["spectrum", "digits", "--json"]
    program = subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    program.stdout.close()
    assert program.stderr.read() == ""
    program.wait(timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_ctrl_c_ends_the_program_with_status_130(tmp_path):
    np.save(tmp_path / "rows.npy", np.random.default_rng(1).normal(size=(3000, 700)))
    words = ["forecast", str(tmp_path / "rows.npy")]
    program = subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1.0)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=30)
    assert program.returncode == 130 and out == "" and "Traceback" not in err
