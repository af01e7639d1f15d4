"""The files of a run directory, read without the program that wrote them."""

import json
import re
import struct
import tomllib
from pathlib import Path

import numpy as np


class Unreadable(Exception):
    """The run directory does not hold what is needed."""


def read_safetensors(path):
    """Name -> array: a length (8 bytes, little endian), a JSON header, then the numbers."""
    try:
        raw = Path(path).read_bytes()
        (length,) = struct.unpack("<Q", raw[:8])
        header = json.loads(raw[8 : 8 + length])
    except (OSError, struct.error, ValueError) as error:
        raise Unreadable(f"{path}: {error}") from error
    dtypes = {"F32": "<f4", "F64": "<f8"}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] not in dtypes:
            continue
        start, end = entry["data_offsets"]
        numbers = np.frombuffer(raw[8 + length + start : 8 + length + end], dtypes[entry["dtype"]])
        tensors[name] = numbers.reshape(entry["shape"])
    return tensors


def checkpoint(run, epoch):
    """The epoch and folder of a checkpoint: of `epoch`, or the last."""
    found = {}
    for folder in sorted((run / "checkpoints").glob("epoch-*")):
        match = re.fullmatch(r"epoch-(\d+)", folder.name)
        if match:
            found[int(match[1])] = folder
    if not found or (epoch is not None and epoch not in found):
        raise Unreadable(f"{run}: no checkpoint{'' if epoch is None else f' of epoch {epoch}'}")
    epoch = max(found) if epoch is None else epoch
    return epoch, found[epoch]


def read_config(run):
    try:
        return tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unreadable(f"{run / 'config.toml'}: {error}") from error
