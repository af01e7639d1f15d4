//! The Kullback-Leibler divergence between two Gaussian laws, in nats per dimension.

use std::fmt;

use faer::Mat;
use serde::{Serialize, Serializer};

use super::{Gaussian, numerical_floor};

/// Above this divergence, in nats per dimension, a sampled law is said to be another law than the true one.
pub const OTHER_LAW: f64 = 1.0;

/// A divergence in nats per dimension: a finite number, or infinite with its reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Divergence {
    /// A finite divergence.
    Finite(f64),
    /// An infinite divergence, with its reason.
    Infinite(Infinite),
}

/// Why a divergence is infinite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Infinite {
    /// The sampled law has no variance in `directions` directions in which the truth has some.
    SampledLacks {
        /// The number of directions.
        directions: usize,
    },
    /// The sampled law has variance in `directions` directions in which the truth has none.
    TruthLacks {
        /// The number of directions.
        directions: usize,
    },
    /// The sampled law has numbers that are not finite.
    NotFinite,
    /// The divergence of each training set is finite, but their average is not.
    OnAverage,
}

impl fmt::Display for Infinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Infinite::SampledLacks { directions } => write!(
                f,
                "the samples have no variance in {directions} directions in which the truth has some"
            ),
            Infinite::TruthLacks { directions } => write!(
                f,
                "the samples vary in {directions} directions in which the truth does not"
            ),
            Infinite::NotFinite => write!(f, "the samples are not finite"),
            Infinite::OnAverage => write!(
                f,
                "its average over training sets diverges: too few samples above the dimension"
            ),
        }
    }
}

impl Divergence {
    /// The divergence as a number; `f64::INFINITY` if it is infinite.
    pub fn value(self) -> f64 {
        match self {
            Divergence::Finite(value) => value,
            Divergence::Infinite(_) => f64::INFINITY,
        }
    }

    /// The reason, if the divergence is infinite.
    pub fn reason(self) -> Option<Infinite> {
        match self {
            Divergence::Finite(_) => None,
            Divergence::Infinite(reason) => Some(reason),
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Divergence::Finite(value) => value.fmt(f),
            Divergence::Infinite(_) => f.pad("inf"),
        }
    }
}

/// Written as a number or as the string "infinity", because JSON has no infinite numbers.
impl Serialize for Divergence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Divergence::Finite(value) => serializer.serialize_f64(*value),
            Divergence::Infinite(_) => serializer.serialize_str("infinity"),
        }
    }
}

/// Both directions of the divergence between the truth and the sampled law, in nats per dimension.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KlPair {
    /// `KL(true || sampled)`
    #[serde(rename = "kl_true_sampled")]
    pub true_sampled: Divergence,
    /// `KL(sampled || true)`
    #[serde(rename = "kl_sampled_true")]
    pub sampled_true: Divergence,
    /// The part of `true_sampled` that is due to the mean.
    #[serde(rename = "kl_of_mean")]
    pub of_mean: Divergence,
}

impl KlPair {
    /// The divergences of a law from itself.
    pub const ZERO: Self = Self::all(Divergence::Finite(0.0));

    /// Divergences that are infinite for one reason.
    pub const fn infinite(reason: Infinite) -> Self {
        Self::all(Divergence::Infinite(reason))
    }

    const fn all(divergence: Divergence) -> Self {
        Self {
            true_sampled: divergence,
            sampled_true: divergence,
            of_mean: divergence,
        }
    }

    /// The larger of the two. NaN counts as larger than any number.
    pub fn worst(&self) -> Divergence {
        let (forward, backward) = (self.true_sampled.value(), self.sampled_true.value());
        let forward_is_larger = forward.is_nan() || forward > backward;
        if forward_is_larger {
            self.true_sampled
        } else {
            self.sampled_true
        }
    }
}

/// Both Kullback-Leibler divergences between `truth` and `sampled`, per dimension:
///
/// ```text
/// KL(p || q) = 1/(2 d) [ tr C_q^-1 C_p - d + log det C_q - log det C_p + (m_p - m_q)' C_q^-1 (m_p - m_q) ]
/// ```
///
/// If both laws vary in the same directions only, the result is the divergence on those directions, divided by the
/// full d. Otherwise it is infinite, with the reason ([`equations`](crate::equations) section 3).
pub fn kl(truth: &Gaussian, sampled: &Gaussian) -> KlPair {
    assert_eq!(truth.dim(), sampled.dim(), "laws of different dimensions");
    match support_mismatch(truth, sampled) {
        Some(reason) => KlPair::infinite(reason),
        None => finite_kl(truth, sampled),
    }
}

/// The reason why a divergence of the two laws is infinite, if one is.
fn support_mismatch(truth: &Gaussian, sampled: &Gaussian) -> Option<Infinite> {
    if !sampled.is_finite() {
        return Some(Infinite::NotFinite);
    }
    let (rank_true, rank_sampled) = (truth.rank(), sampled.rank());
    if rank_sampled < rank_true {
        let directions = rank_true - rank_sampled;
        return Some(Infinite::SampledLacks { directions });
    }
    if rank_sampled > rank_true {
        let directions = rank_sampled - rank_true;
        return Some(Infinite::TruthLacks { directions });
    }
    // The ranks are equal and below d: the supports must be the same subspace, and the means must agree off it.
    let outside = directions_outside(truth, sampled);
    (outside > 0).then_some(Infinite::TruthLacks {
        directions: outside,
    })
}

/// The number of directions without variance in the truth in which the sampled law varies or has another mean.
fn directions_outside(truth: &Gaussian, sampled: &Gaussian) -> usize {
    let overlap = truth.basis().transpose() * sampled.basis();
    let difference = truth.basis().transpose() * (sampled.mean() - truth.mean());
    let variances = sampled.variances();
    let largest = variances.iter().fold(0.0, |a: f64, &b| a.max(b));
    let tolerance = numerical_floor(largest, truth.dim());
    let varies = |i: usize| {
        let variance: f64 = (0..truth.dim())
            .map(|j| variances[j] * overlap[(i, j)].powi(2))
            .sum();
        variance > tolerance || difference[i].abs() > tolerance.sqrt()
    };
    let truth_variances = truth.variances();
    (0..truth.dim())
        .filter(|&i| truth_variances[i] == 0.0 && varies(i))
        .count()
}

/// Twice the total divergence, split into the parts of the covariances and of the means.
struct Parts {
    covariance: f64,
    mean: f64,
}

fn finite_kl(truth: &Gaussian, sampled: &Gaussian) -> KlPair {
    let overlap = truth.basis().transpose() * sampled.basis();
    let log_det = |law: &Gaussian| -> f64 {
        let positive = law.variances().into_iter().filter(|&v| v > 0.0);
        positive.map(f64::ln).sum()
    };
    let (log_true, log_sampled) = (log_det(truth), log_det(sampled));
    let forward = parts(truth, sampled, &overlap, log_sampled - log_true);
    let backward = parts(
        sampled,
        truth,
        &overlap.transpose().to_owned(),
        log_true - log_sampled,
    );
    let per_dim = |x: f64| Divergence::Finite(x / (2.0 * truth.dim() as f64));
    // The exact value is never negative; rounding may leave -1e-16 for equal laws.
    let total = |p: &Parts| per_dim((p.covariance + p.mean).max(0.0));
    KlPair {
        true_sampled: total(&forward),
        sampled_true: total(&backward),
        of_mean: per_dim(forward.mean),
    }
}

/// `tr C_q^-1 C_p - rank + log det C_q - log det C_p` and `(m_p - m_q)' C_q^-1 (m_p - m_q)` on q's support.
fn parts(p: &Gaussian, q: &Gaussian, overlap: &Mat<f64>, log_ratio: f64) -> Parts {
    let (p_variances, q_variances) = (p.variances(), q.variances());
    let difference = q.basis().transpose() * (p.mean() - q.mean());
    let mut covariance = log_ratio;
    let mut mean = 0.0;
    for (j, &variance) in q_variances.iter().enumerate().filter(|(_, v)| **v > 0.0) {
        let spread: f64 = (0..p.dim())
            .map(|i| p_variances[i] * overlap[(i, j)].powi(2))
            .sum();
        covariance += spread / variance - 1.0;
        mean += difference[j].powi(2) / variance;
    }
    Parts { covariance, mean }
}
