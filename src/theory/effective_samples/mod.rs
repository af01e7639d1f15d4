//! How many rows is the affine part of a denoiser worth, and what ridge does it carry?

mod halves;
mod joint_fit;

use serde::Serialize;

use crate::denoiser::{Draws, DrawsError};
use crate::parallel;
use crate::text::statistics::{jackknife, student};
use halves::{GROUPS, Groups};
pub use joint_fit::NotIdentified;
use joint_fit::{JointFit, JointFitError};

/// The probability that an interval misses.
const MISSED: f64 = 0.05;
/// The largest share of the bias in the excess that leaves N identified.
const LARGEST_BIAS: f64 = 0.75;

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

/// The number of rows N and the ridge c with which a linear network has the gains and the excess of an affine part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EffectiveSamples {
    /// N
    pub samples: Bounded,
    /// c, in the unit of the variances: the network behaves as if `c I` were added to the covariance of its rows. Its
    /// estimate may be below 0.
    pub ridge: Bounded,
}

/// The affine part of a denoiser beside Wiener's filter of the *truth*, the law that the test rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AgainstTruth {
    /// The excess of the affine part's matrix A over Wiener's filter of the truth, per component. It is what the same
    /// denoiser would show on infinitely many test rows.
    pub excess: Bounded,
    /// The effective ridge: on average over training sets A is `Sigma (Sigma + kappa)^-1`.
    pub kappa: Bounded,
    /// The share of the excess that is due to kappa, the bias. More draws of the training set do not average it away.
    pub bias_share: f64,
}

/// What the draws say of the affine part as a linear network.
#[derive(Debug, Clone)]
pub struct LinearPart {
    /// The affine part beside the truth; `None` if there are too few draws or clean rows to tell.
    pub against_truth: Option<AgainstTruth>,
    /// N and c, or why they are not identified.
    pub effective: Result<EffectiveSamples, NotIdentified>,
}

/// How many rows the affine part A of a denoiser is worth, and the ridge that it carries, from draws of M test rows.
///
/// A linear network that is trained on N rows with the ridge c has, at `z = (1 - ab)/ab` and on average over training
/// sets, the gains of kappa and the excess of
///
/// ```text
/// A = Sigma (Sigma + kappa)^-1,                    kappa (1 - (df1 + 1)/N) = z + c
/// excess = bias + kappa^2 (s1 s2 + s3)/(N - 1 - df2)
/// bias = sum (lambda/(lambda + kappa) - lambda/(lambda + z))^2 (lambda + z)
/// s1 = sum lambda/(lambda + kappa)^2,              s2 = sum (lambda + z) lambda/(lambda + kappa)^2
/// s3 = sum (lambda + z) (lambda/(lambda + kappa)^2)^2
/// ```
///
/// s3 is the part of order 1/d, for Gaussian rows. So the gains give kappa, the excess then gives N, and both give c.
/// The shrinkage alone cannot tell a ridge from few rows. (The mean is fitted; the excess is that of A, without b.)
///
/// The M test rows tell their truth only in part, so three things count them out:
/// - The excess is the mean over halves (a, b) of the test rows of `tr [A_a (S_a + z) - S_a] [A_b - W_b]'`. The first
///   factor is linear in the rows of a. `W_b = S_b (S_b + zeta_b)^-1` has such a ridge, below z, that it is the truth's
///   Wiener filter on average. There are 12 balanced halvings of 20 random parts of the rows. The draws of a row are
///   all in one part.
/// - kappa solves `sum w (u'A u) = df1(kappa) - z (df1(z) - df1(kappa))/(kappa - z)`, with `w = s/(s + zeta)` along the
///   eigenvectors u of S: the gains, weighted by Wiener's.
/// - df1, s1 and s2 of the truth come from the eigenvalues of S with the equation of the effective ridge read
///   backwards.
///
/// Intervals come from a jackknife over ten groups of test rows, with Student's quantile; that of N from
/// `1/(N - 1 - df2)`. They are for this network: others, trained on other rows, have other N (linear ones in 64
/// dimensions with a standard deviation of about 4 %). `seed` names the random parts.
///
/// N is exact only for linear networks. For others it is a number for each noise level, not one of the network. Past
/// the paper ([`equations`](crate::equations) section 10).
///
/// # Errors
/// Draws that do not determine the affine part.
pub fn effective_samples(draws: &Draws<'_>, seed: u64) -> Result<LinearPart, DrawsError> {
    let groups = Groups::new(draws, seed);
    let z = draws.level().noise_to_signal();
    // All rows, then all but each of the groups.
    let fits = parallel::map(0..GROUPS + 1, |g| match g.checked_sub(1) {
        None => joint_fit::fit(groups.rows(), z),
        Some(group) => joint_fit::fit(&groups.without(group), z),
    });
    let fits: Result<Vec<JointFit>, JointFitError> = fits.into_iter().collect();
    match fits {
        Ok(fits) => Ok(LinearPart::of(&fits[0], &fits[1..], draws.test().dim())),
        Err(JointFitError::NotIdentified(reason)) => Ok(LinearPart {
            against_truth: None,
            effective: Err(reason),
        }),
        Err(JointFitError::Draws(error)) => Err(error),
    }
}

impl LinearPart {
    /// From the fit to all rows, and from those without each of the groups.
    fn of(all: &JointFit, parts: &[JointFit], dim: usize) -> Self {
        let excess = |fit: &JointFit| fit.excess / dim as f64;
        Self {
            against_truth: Some(AgainstTruth {
                excess: bounded(all, parts, excess),
                kappa: bounded(all, parts, |fit| fit.kappa),
                bias_share: all.bias_share(),
            }),
            effective: effective(all, parts),
        }
    }
}

fn effective(all: &JointFit, parts: &[JointFit]) -> Result<EffectiveSamples, NotIdentified> {
    if all.excess <= 0.0 {
        return Err(NotIdentified::NoExcess);
    }
    let share = all.bias_share();
    if share > LARGEST_BIAS {
        return Err(NotIdentified::Bias { share });
    }
    let inverse = bounded(all, parts, JointFit::inverse_degrees);
    // N falls with 1/(N - 1 - df2).
    let samples = |inverse: f64| 1.0 + all.df2 + 1.0 / inverse.max(0.0);
    Ok(EffectiveSamples {
        samples: Bounded {
            value: samples(inverse.value),
            low: samples(inverse.high),
            high: samples(inverse.low),
        },
        ridge: bounded(all, parts, JointFit::ridge),
    })
}

/// A value with its interval, by the jackknife.
fn bounded(all: &JointFit, parts: &[JointFit], value: impl Fn(&JointFit) -> f64) -> Bounded {
    let without: Vec<f64> = parts.iter().map(&value).collect();
    let half = student(MISSED, without.len()) * jackknife(&without);
    let value = value(all);
    Bounded {
        value,
        low: value - half,
        high: value + half,
    }
}
