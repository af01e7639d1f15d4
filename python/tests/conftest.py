"""What several tests need."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from lindiff._lindiff import in_python

#: The program, in the interpreter that runs the tests.
PROGRAM = [sys.executable, "-c", "import sys; sys.argv[0] = 'lindiff'; from lindiff._command import main; main()"]


@pytest.fixture(scope="session")
def command():
    """Runs the program, and gives its JSON."""

    def run(*words):
        done = subprocess.run([*PROGRAM, *map(str, words), "--json", "--quiet"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def table():
    """Rows that are not Gaussian, with a constant column and columns of different sizes."""
    random = np.random.default_rng(7)
    rows = random.standard_t(5, size=(150, 8)) @ np.diag(np.arange(1.0, 9.0)) @ random.normal(size=(8, 8))
    rows[:, 3] = 2.5
    return rows


def unlike(one, other, tolerance=1e-12, path=""):
    """Where a result of the package differs from a document of the command. Absent keys and nulls are the same.

    Sentences are the command's with the names of the package's arguments.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        keys = {key for key in {*one, *other} if one.get(key) is not None or other.get(key) is not None}
        return [x for key in sorted(keys) for x in unlike(one.get(key), other.get(key), tolerance, f"{path}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other))
        return [x for index, (a, b) in pairs for x in unlike(a, b, tolerance, f"{path}[{index}]")]
    one, other = (math.inf if x == "infinity" else x for x in (one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return [] if one == other or abs(one - other) <= tolerance * max(abs(one), abs(other)) else [(path, one, other)]
    if isinstance(other, str) and not path.endswith(".set"):
        other = in_python(other)
    return [] if one == other else [(path, one, other)]
