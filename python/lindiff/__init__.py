"""Linear diffusion models: exact by linear algebra, predicted by random-matrix theory.

From rows alone :func:`forecast` says whether they are enough, which ridge is best, when training should stop and what
more rows would bring. From a spectrum :func:`predict` gives losses and divergences before any training. :func:`probe`
says what a network has learned that was trained anywhere.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._affine import Denoiser as Denoiser
    from ._affine import Evaluation as Evaluation
    from ._covariance import DiffusionCovariance as DiffusionCovariance
    from ._denoiser import LinearDenoiser as LinearDenoiser
    from ._distance import FrechetDistance as FrechetDistance
    from ._distance import frechet_distance as frechet_distance
    from ._forecast import Forecast as Forecast
    from ._forecast import LeftOutLosses as LeftOutLosses
    from ._forecast import SpectrumReport as SpectrumReport
    from ._forecast import forecast as forecast
    from ._forecast import leave_one_out as leave_one_out
    from ._forecast import spectrum as spectrum
    from ._laws import Divergences as Divergences
    from ._laws import Gaussian as Gaussian
    from ._laws import kl as kl
    from ._laws import wasserstein as wasserstein
    from ._lindiff import __version__ as __version__
    from ._predict import EffectiveRidge as EffectiveRidge
    from ._predict import Losses as Losses
    from ._predict import Prediction as Prediction
    from ._predict import effective_ridge as effective_ridge
    from ._predict import losses as losses
    from ._predict import predict as predict
    from ._probe import EffectiveSamples as EffectiveSamples
    from ._probe import Probe as Probe
    from ._probe import effective_samples as effective_samples
    from ._probe import probe as probe
    from ._run import Run as Run
    from ._run import read_run as read_run
    from ._schedule import Schedule as Schedule
    from ._shrinkage import CovarianceEstimate as CovarianceEstimate
    from ._shrinkage import covariance as covariance

# Each name with its module, which is imported when the name is first used: the program needs none of them.
_HOME = {
    "CovarianceEstimate": "_shrinkage",
    "Denoiser": "_affine",
    "DiffusionCovariance": "_covariance",
    "Divergences": "_laws",
    "EffectiveRidge": "_predict",
    "EffectiveSamples": "_probe",
    "Evaluation": "_affine",
    "Forecast": "_forecast",
    "FrechetDistance": "_distance",
    "Gaussian": "_laws",
    "LeftOutLosses": "_forecast",
    "LinearDenoiser": "_denoiser",
    "Losses": "_predict",
    "Prediction": "_predict",
    "Probe": "_probe",
    "Run": "_run",
    "Schedule": "_schedule",
    "SpectrumReport": "_forecast",
    "__version__": "_lindiff",
    "covariance": "_shrinkage",
    "effective_ridge": "_predict",
    "effective_samples": "_probe",
    "forecast": "_forecast",
    "frechet_distance": "_distance",
    "kl": "_laws",
    "leave_one_out": "_forecast",
    "losses": "_predict",
    "predict": "_predict",
    "probe": "_probe",
    "read_run": "_run",
    "spectrum": "_forecast",
    "wasserstein": "_laws",
}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
