"""Long calls in a running interpreter: threads, Ctrl-C, progress, forks, memory."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lindiff

UNIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and forks of Unix")


@pytest.fixture(scope="module")
def many():
    return np.random.default_rng(1).normal(size=(2000, 500))


def test_other_threads_run_while_the_library_computes(many):
    longest, stop = 0.0, threading.Event()

    def tick():
        nonlocal longest
        last = time.perf_counter()
        while not stop.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    ticking = threading.Thread(target=tick)
    ticking.start()
    start = time.perf_counter()
    lindiff.leave_one_out(many)
    taken = time.perf_counter() - start
    stop.set()
    ticking.join()
    # A call that held the lock would stop the ticks for all of its time.
    assert longest < 0.5 * taken, (longest, taken)


def test_threads_get_the_answers_of_one_thread():
    rows = np.random.default_rng(2).normal(size=(60, 8))
    calls = [
        lambda: lindiff.forecast(rows, samples=100),
        lambda: lindiff.predict(dim=30, samples=np.arange(10, 60)),
        lambda: lindiff.kl(np.eye(8) * 2, np.eye(8)),
    ] * 6
    expected = [call() for call in calls[:3]] * 6
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda call: call(), calls)) == expected


def test_progress_is_told_in_order_on_the_calling_thread():
    told = []
    rows = np.random.default_rng(2).normal(size=(60, 8))
    lindiff.forecast(rows, progress=lambda done, of: told.append((done, of, threading.get_ident())))
    of = told[0][1]
    assert told == [(i, of, threading.get_ident()) for i in range(1, of + 1)]
    told.clear()
    denoiser = lindiff.Denoiser.optimum(np.eye(3), schedule=lindiff.Schedule.linear(20))
    denoiser.sample(4, progress=lambda done, of: told.append((done, of)))
    assert told == [(i, 20) for i in range(1, 21)]


def test_an_error_of_the_callback_ends_the_call():
    rows = np.random.default_rng(2).normal(size=(60, 8))
    told = []

    def fail(done, of):
        told.append(done)
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        lindiff.forecast(rows, progress=fail)
    assert told == [1]
    assert lindiff.forecast(rows).rows == 60


LONG = """
import numpy as np, sys, time, lindiff
rows = np.random.default_rng(1).normal(size=(3000, 700))
levels = np.linspace(0.01, 0.99, 50)
calls = {
    "forecast": lambda: lindiff.forecast(rows),
    "predict": lambda: lindiff.predict(dim=1000, samples=np.arange(2, 100000)[:, None], alpha_bar=levels),
    "spectrum": lambda: [lindiff.spectrum(rows) for _ in range(100)],
}
print("ready", flush=True)
try:
    calls[sys.argv[1]]()
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@UNIX
@pytest.mark.parametrize("call", ["forecast", "predict", "spectrum"])
def test_ctrl_c_raises_at_once_in_a_long_call(call):
    python = subprocess.Popen([sys.executable, "-c", LONG, call], stdout=subprocess.PIPE, text=True)
    assert python.stdout.readline() == "ready\n"
    time.sleep(1.0)
    python.send_signal(signal.SIGINT)
    assert python.stdout.readline() == "stopped\n"
    python.wait(timeout=60)
    assert python.returncode == 0


def grid(_=None):
    found = lindiff.losses(dim=50, samples=np.arange(10, 200), alpha_bar=0.5).test_loss.sum()
    rows = np.random.default_rng(2).normal(size=(60, 8))
    return found, lindiff.leave_one_out(rows).test_loss


@UNIX
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_child_of_fork_computes_too():
    expected = grid()
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        assert pool.map_async(grid, range(4)).get(timeout=120) == [expected] * 4


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory as Linux tells it")
def test_a_hundred_thousand_calls_leave_nothing_in_memory():
    rows = np.random.default_rng(2).normal(size=(20, 3))
    covariance = np.eye(3)

    def calls(count):
        for _ in range(count):
            lindiff.losses([2.0, 1.0], [3, 4, 5], 0.5)
            lindiff.effective_ridge([2.0, 1.0], 3, 0.1)
            lindiff.Schedule.linear(100).keep(10)
            with pytest.raises(ValueError):
                lindiff.losses([2.0, 1.0], 3, 1.5)
        for _ in range(count // 8):
            lindiff.kl(covariance, covariance)
            lindiff.leave_one_out(rows, schedule=[0.5])
            lindiff.predict([2.0, 1.0], 3, alpha_bar=0.5)

    calls(2000)
    before = resident()
    calls(24_000)  # 105,000 calls
    # A leak of one small array in each call would be above 10 MB.
    assert resident() - before < 4e6
