"""The extension module. Its functions take what the typed functions of the package have checked and converted."""

from collections.abc import Callable
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

_Doubles = NDArray[np.float64]
_Law = tuple[_Doubles, _Doubles]

__all__ = [
    "Schedule",
    "__version__",
    "covariance",
    "effective_ridge",
    "forecast",
    "kl",
    "leave_one_out",
    "losses",
    "power_law",
    "predict",
    "run_command",
    "spectrum",
    "wasserstein",
]

__version__: str

@final
class Schedule:
    @staticmethod
    def linear(steps: int, beta_start: float, beta_end: float) -> Schedule: ...
    @staticmethod
    def cosine(steps: int) -> Schedule: ...
    @staticmethod
    def from_alpha_bar(alpha_bar: _Doubles) -> Schedule: ...
    def keep(self, keep: int) -> Schedule: ...
    def __len__(self) -> int: ...
    def alpha_bar(self) -> _Doubles: ...
    def noise_variance(self) -> _Doubles: ...
    def beta(self) -> _Doubles: ...
    def original_steps(self) -> list[int]: ...

def power_law(dim: int, exponent: float) -> _Doubles: ...
def losses(
    eigenvalues: _Doubles, samples: _Doubles, alpha_bar: _Doubles, ridge: _Doubles, mean: str
) -> list[_Doubles]: ...
def effective_ridge(eigenvalues: _Doubles, samples: _Doubles, ridge: _Doubles, mean: str) -> list[_Doubles]: ...
def predict(
    eigenvalues: _Doubles, schedule: Schedule | None, common: dict[str, Any], points: dict[str, Any]
) -> dict[str, Any]: ...
def forecast(
    rows: NDArray[Any],
    schedule: Schedule | None,
    asked: dict[str, Any],
    progress: Callable[[int, int], object] | None,
) -> dict[str, Any]: ...
def spectrum(rows: NDArray[Any], source: str, scale: str, min_variance: float, seed: int) -> dict[str, Any]: ...
def leave_one_out(
    data: _Doubles,
    schedule: Schedule | None,
    ridge: float | None,
    covariance_ridge: float,
    groups: list[int] | None,
) -> tuple[float, _Doubles, _Doubles]: ...
def covariance(data: _Doubles, name: str, mean: _Doubles | None) -> tuple[_Doubles, float | None]: ...
def kl(truth: _Law, sampled: _Law) -> tuple[dict[str, Any], str | None]: ...
def wasserstein(first: _Law, second: _Law) -> float: ...
def run_command(words: list[str]) -> int: ...
