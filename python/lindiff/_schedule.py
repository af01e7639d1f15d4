"""Noise schedules."""

from __future__ import annotations

from typing import Any, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _lindiff
from ._arrays import vector_of
from ._result import read_only


class Schedule:
    """A noise schedule: steps with falling ``alpha_bar``, the least noise first.

    A row ``x0`` is noised to ``sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps``. A schedule cannot be changed.

    Examples
    --------
    >>> import lindiff
    >>> schedule = lindiff.Schedule.linear(1000).keep(4)
    >>> schedule
    Schedule.linear(1000, 0.0001, 0.01).keep(4)
    >>> schedule.alpha_bar.round(4)
    array([0.7147, 0.2747, 0.0567, 0.0063])
    """

    __slots__ = ("_core", "_made")
    _core: _lindiff.Schedule
    _made: tuple[tuple[str, tuple[Any, ...]], ...]

    def __init__(self, *args: object) -> None:
        raise TypeError("make a schedule by Schedule.linear(), .cosine(), .from_alpha_bar() or .from_diffusers()")

    @classmethod
    def _of(cls, core: _lindiff.Schedule, made: tuple[tuple[str, tuple[Any, ...]], ...]) -> Schedule:
        schedule = object.__new__(cls)
        object.__setattr__(schedule, "_core", core)
        object.__setattr__(schedule, "_made", made)
        return schedule

    @classmethod
    def linear(cls, steps: int = 1000, beta_start: float = 1e-4, beta_end: float = 1e-2) -> Schedule:
        """``beta_t = beta_start + (beta_end - beta_start) t/steps``, ``t = 1 ... steps``.

        Parameters
        ----------
        steps
            The number of steps.
        beta_start, beta_end
            Between 0 and 1.
        """
        made = (("linear", (steps, beta_start, beta_end)),)
        return cls._of(_lindiff.Schedule.linear(steps, beta_start, beta_end), made)

    @classmethod
    def cosine(cls, steps: int = 1000) -> Schedule:
        """The cosine schedule of Nichol and Dhariwal (arXiv 2102.09672), each beta at most 0.999.

        Parameters
        ----------
        steps
            The number of steps.
        """
        return cls._of(_lindiff.Schedule.cosine(steps), (("cosine", (steps,)),))

    @classmethod
    def from_alpha_bar(cls, alpha_bar: ArrayLike) -> Schedule:
        """A schedule of given noise levels.

        Parameters
        ----------
        alpha_bar
            ``alpha_bar_1 > alpha_bar_2 > ...``, shape ``(T,)``, all between 0 and 1.
        """
        levels = vector_of(alpha_bar, "alpha_bar")
        return cls._of(_lindiff.Schedule.from_alpha_bar(levels), (("from_alpha_bar", (tuple(levels.tolist()),)),))

    @classmethod
    def from_diffusers(cls, scheduler: Any) -> Schedule:
        """The schedule of a scheduler of the library diffusers, from its ``alphas_cumprod``.

        Parameters
        ----------
        scheduler
            Any object with the attribute ``alphas_cumprod``: a tensor or an array of the shape ``(T,)``.
        """
        levels = getattr(scheduler, "alphas_cumprod", None)
        if levels is None:
            raise TypeError(f"{type(scheduler).__name__} has no alphas_cumprod")
        return cls.from_alpha_bar(levels)

    def keep(self, steps: int) -> Schedule:
        """The steps ``floor(i T/steps)``, ``i = 1 ... steps``, with their ``alpha_bar`` (called trailing elsewhere).

        Parameters
        ----------
        steps
            The number of steps that are kept.
        """
        return self._of(self._core.keep(steps), (*self._made, ("keep", (steps,))))

    @property
    def alpha_bar(self) -> NDArray[np.float64]:
        """``alpha_bar`` of each step, shape ``(T,)``: the part of a row's variance that is left."""
        return read_only(self._core.alpha_bar())

    @property
    def noise_variance(self) -> NDArray[np.float64]:
        """``1 - alpha_bar`` of each step, shape ``(T,)``, with all its digits."""
        return read_only(self._core.noise_variance())

    @property
    def beta(self) -> NDArray[np.float64]:
        """``1 - alpha_bar_t/alpha_bar_(t-1)`` between the steps, shape ``(T,)``."""
        return read_only(self._core.beta())

    @property
    def steps(self) -> NDArray[np.int64]:
        """The number of each step in the full schedule, from 1, shape ``(T,)``."""
        steps = np.array(self._core.original_steps(), dtype=np.int64)
        steps.flags.writeable = False
        return steps

    def __len__(self) -> int:
        return len(self._core)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a schedule cannot be changed")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        return np.array_equal(self.noise_variance, other.noise_variance)

    def __hash__(self) -> int:
        return hash(self.noise_variance.tobytes())

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _made_again, (self._made,)

    def __copy__(self) -> Schedule:
        return self

    def __deepcopy__(self, memo: object) -> Schedule:
        return self

    def __repr__(self) -> str:
        calls = []
        for name, arguments in self._made:
            shown = ", ".join(map(repr, arguments))
            calls.append(f"{name}({shown if name != 'from_alpha_bar' else f'{len(arguments[0])} levels'})")
        return f"Schedule.{'.'.join(calls)}"


def _made_again(made: tuple[tuple[str, tuple[Any, ...]], ...]) -> Schedule:
    schedule: Any = Schedule
    for name, arguments in made:
        schedule = getattr(schedule, name)(*arguments)
    assert isinstance(schedule, Schedule)
    return schedule


#: A schedule, or what one is made from: a number of steps of the default one, ``alpha_bar``, a scheduler of diffusers.
ScheduleLike = Union[Schedule, ArrayLike, Any]


def core_of(schedule: ScheduleLike | None) -> _lindiff.Schedule | None:
    """The library's schedule; ``None``: its default."""
    if schedule is None:
        return None
    return schedule_of(schedule)._core


def schedule_of(schedule: ScheduleLike | None) -> Schedule:
    """The schedule that is meant."""
    if schedule is None:
        return Schedule.linear()
    if isinstance(schedule, Schedule):
        return schedule
    if hasattr(schedule, "alphas_cumprod"):
        return Schedule.from_diffusers(schedule)
    if isinstance(schedule, (int, np.integer)) and not isinstance(schedule, bool):
        return Schedule.linear(int(schedule))
    if isinstance(schedule, str):
        if schedule in ("linear", "cosine"):
            made: Schedule = getattr(Schedule, schedule)()
            return made
        raise ValueError(f'schedule = {schedule!r}: must be "linear", "cosine", a Schedule or numbers alpha_bar')
    return Schedule.from_alpha_bar(schedule)
