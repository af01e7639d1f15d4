"""The program ``lindiff``, as far as it needs no networks."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command of the words behind the program's name, and ends the process with its exit status."""
    from ._lindiff import run_command

    status = run_command(sys.argv[1:])
    # Nothing of Python is left to be written or closed; its own end takes longer than many a command.
    os._exit(status)
