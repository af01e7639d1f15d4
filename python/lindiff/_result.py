"""Results: frozen objects whose attributes are the keys of the command line's JSON."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from . import _lindiff

R = TypeVar("R", bound="Result")

#: Lists longer than this are shown by their number.
SHOWN = 6


class Result:
    """What every result can do.

    A result cannot be changed. Its attributes are the keys of the command line's JSON; what a result does not have is
    ``None``. Infinite numbers are ``inf``.
    """

    def to_dict(self) -> dict[str, Any]:
        """The result as plain dictionaries, lists and numbers.

        Returns
        -------
        dict
            The keys of the command line's JSON, without what is ``None``. Arrays become lists.
        """
        items = ((name, _plain(value)) for name, value in vars(self).items())
        return {name: value for name, value in items if value is not None}

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return _equal(vars(self), vars(other))

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self: R) -> R:
        return self

    def __deepcopy__(self: R, memo: object) -> R:
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, _read_only(value))

    def __repr__(self) -> str:
        name, shown = type(self).__name__, _shown(self)
        line = f"{name}({', '.join(f'{key}={_brief(value)}' for key, value in shown)})"
        if len(line) <= 100:
            return line
        width = max(len(key) for key, _ in shown)
        lines = [name]
        for key, value in shown:
            for index, text in enumerate(_lines(value)):
                lines.append(f"  {key if index == 0 else '':<{width}}  {text}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{html.escape(key)}</th><td style="text-align:left">{_html(value)}</td></tr>'
            for key, value in _shown(self)
        )
        return f"<table><caption>{html.escape(type(self).__name__)}</caption>{rows}</table>"


def build(kind: type[R], document: Mapping[str, Any]) -> R:
    """The result of a kind from a document of the library.

    Keys that the kind does not know become attributes too.
    """
    hints = _hints(kind)
    values = {name: _value(hint, _in_python(name, document.get(name))) for name, hint in hints.items()}
    result = kind(**values)
    for name in document.keys() - hints.keys():
        object.__setattr__(result, name, document[name])
    return result


def _in_python(name: str, value: Any) -> Any:
    """Sentences name Python's arguments; settings to paste and names that the user gave stay as they are."""
    if name in ("set", "source", "name"):
        return value
    if isinstance(value, str):
        return _lindiff.in_python(value)
    if isinstance(value, list) and value and isinstance(value[0], str):
        return [_lindiff.in_python(sentence) for sentence in value]
    return value


#: The types of each kind's attributes.
_KNOWN: dict[str, dict[str, Any]] = {}


def _hints(kind: Any) -> dict[str, Any]:
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name not in _KNOWN:
        hints = get_type_hints(kind)
        _KNOWN[name] = {field.name: hints[field.name] for field in fields(kind)}
    return _KNOWN[name]


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) is Union:  # Optional
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in value)
    # What else is a list is an array. The hint does not tell: each numpy has another kind of NDArray.
    if isinstance(value, (list, np.ndarray)):
        return read_only(np.array(value, dtype=np.float64))
    if isinstance(hint, type) and issubclass(hint, Result):
        return value if isinstance(value, hint) else build(hint, value)
    if hint is float and value == "infinity":
        return math.inf
    return value


def read_only(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """The array, which nobody can write to any more."""
    array.flags.writeable = False
    return array


def _read_only(value: Any) -> Any:
    return read_only(value) if isinstance(value, np.ndarray) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return value


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.shape(one) == np.shape(other) and np.array_equal(one, other, equal_nan=True)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)


def _shown(result: Result) -> list[tuple[str, Any]]:
    """What a person sees: sentences come first."""
    items = [(key, value) for key, value in vars(result).items() if value is not None]
    return sorted(items, key=lambda item: item[0] not in ("verdict", "warnings"))


def _is_sentences(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, str) for item in value)


def _lines(value: Any) -> list[str]:
    return list(value) if _is_sentences(value) else [_brief(value)]


def _html(value: Any) -> str:
    if _is_sentences(value):
        return "<br>".join(html.escape(sentence) for sentence in value)
    if isinstance(value, Result):
        return f"<details><summary>{html.escape(_brief(value))}</summary>{value._repr_html_()}</details>"
    if isinstance(value, tuple) and value and isinstance(value[0], Result):
        inner = "".join(item._repr_html_() for item in value)
        return f"<details><summary>{html.escape(_brief(value))}</summary>{inner}</details>"
    return html.escape(_brief(value))


def _brief(value: Any) -> str:
    """A value in one line."""
    brief = getattr(value, "_brief", None)
    if brief is not None:
        return str(brief())
    if isinstance(value, Result):
        return f"({', '.join(f'{key}={_brief(item)}' for key, item in _shown(value))})"
    if isinstance(value, np.ndarray):
        if value.size > SHOWN or value.ndim != 1:
            low, high = (np.nanmin(value), np.nanmax(value)) if value.size and not np.isnan(value).all() else (0, 0)
            return f"array of shape {value.shape}, from {low:.6g} to {high:.6g}"
        return f"[{', '.join(f'{item:.6g}' for item in value)}]"
    if isinstance(value, tuple):
        if len(value) > SHOWN or (value and isinstance(value[0], Result) and len(value) > 1):
            return f"{len(value)} x {type(value[0]).__name__}"
        return f"({', '.join(_brief(item) for item in value)})"
    if isinstance(value, float):
        return f"{value:.6g}"
    return repr(value)
