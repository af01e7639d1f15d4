//! How many rows is the affine part of a denoiser worth, and what ridge does it carry?

use serde::Serialize;

use crate::denoiser::{Draws, DrawsError};

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounded {
    /// The estimate.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end. It is infinite where the draws bound the value only from below.
    pub high: f64,
}

/// The number of rows N and the ridge c with which a linear network has the same expected gains and the same affine
/// excess.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EffectiveSamples {
    /// N
    pub samples: Bounded,
    /// c, in the unit of the variances: the network behaves as if `c I` were added to the covariance of its rows.
    pub ridge: Bounded,
}

/// What is known of the affine part beside Wiener's filter of the law that the test rows come from.
#[derive(Debug, Clone)]
pub struct LinearPart {
    /// The excess of the affine part over Wiener's filter of the truth, per component. The number M of test rows does
    /// not count in it (cross-fit).
    pub excess: Bounded,
    /// The ridge on the truth that has the same gains: the average of the affine part is `Sigma (Sigma + kappa)^-1`.
    pub kappa: Bounded,
    /// The share of the excess that more rows of the same network would not remove: its bias.
    pub bias_share: f64,
    /// N and c, or why they are not identified.
    pub effective: Result<EffectiveSamples, NotIdentified>,
}

/// Why the number of effective samples is not identified.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum NotIdentified {
    #[error("{draws} draws are too few to be halved: at least {needed} are needed")]
    TooFewDraws { draws: usize, needed: usize },
    #[error(
        "{rows} clean rows are too few to tell their law's Wiener filter: at least about {needed} are needed"
    )]
    TooFewRows { rows: usize, needed: usize },
    #[error("the gains add up to {gains}: no linear network has such gains")]
    Gains { gains: f64 },
    #[error("the bias is {:.0} % of the excess: what is left does not tell the number of rows", 100.0 * share)]
    Bias { share: f64 },
}

/// The number of effective samples of the affine part of a denoiser.
///
/// # Errors
/// Draws that do not determine the affine part.
pub fn effective_samples(draws: &Draws<'_>, seed: u64) -> Result<LinearPart, DrawsError> {
    let _ = (draws, seed);
    todo!("the joint fit")
}
