//! Predictions from the covariance spectrum alone.
