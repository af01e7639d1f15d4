"""What estimators need of scikit-learn: its own classes where it is installed, else what they do, in short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._without_sklearn import Base, Covariance, NotFitted, check_rows
else:
    try:
        from ._with_sklearn import Base, Covariance, NotFitted, check_rows
    except ImportError:
        from ._without_sklearn import Base, Covariance, NotFitted, check_rows

__all__ = ["Base", "Covariance", "NotFitted", "check_fitted", "check_rows"]


def check_fitted(estimator: Any) -> None:
    """Refuses an estimator that was not fitted."""
    if not hasattr(estimator, "covariance_"):
        name = type(estimator).__name__
        raise NotFitted(f"This {name} instance is not fitted yet. Call 'fit' with rows before using this method.")
