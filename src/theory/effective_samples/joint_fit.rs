//! N and the ridge of an affine part, from some of the test rows.

use faer::linalg::solvers::{DenseSolveCore, Llt};
use faer::{Mat, MatRef, Scale, Side};

use super::halves::{Part, Rows};
use crate::denoiser::DrawsError;
use crate::gaussian::{EigenError, symmetric_eigen};
use crate::theory::numeric::sum;
use crate::theory::root::increasing_root;
use crate::theory::seen_spectrum::{SeenSpectrum, TruthAt};

/// The least number of rows, as a multiple of the degrees of freedom: below it half of them hardly tell their law.
const ROWS_PER_DEGREE: f64 = 4.0;
/// The least number of rows: some for each part of each group.
const LEAST_ROWS: f64 = 40.0;

/// Why the number of effective samples is not identified.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum NotIdentified {
    #[error("half of the rows have {draws} draws: at least {needed} are needed")]
    TooFewDraws { draws: usize, needed: usize },
    #[error(
        "{rows} clean rows are too few to tell the Wiener filter of their law at this noise level: about {needed} are needed"
    )]
    TooFewRows { rows: usize, needed: usize },
    #[error("the gains add up to {gains:.3}: no linear network has such gains")]
    Gains { gains: f64 },
    #[error("the affine part has no excess over the Wiener filter that these draws can tell")]
    NoExcess,
    #[error(
        "{:.0} % of the excess is bias, as from a ridge: the rest does not tell the number of rows",
        100.0 * share
    )]
    Bias { share: f64 },
}

/// Why there is no joint fit.
#[derive(Debug)]
pub(super) enum JointFitError {
    NotIdentified(NotIdentified),
    Draws(DrawsError),
}

impl From<NotIdentified> for JointFitError {
    fn from(reason: NotIdentified) -> Self {
        Self::NotIdentified(reason)
    }
}

impl From<DrawsError> for JointFitError {
    fn from(error: DrawsError) -> Self {
        Self::Draws(error)
    }
}

impl From<EigenError> for JointFitError {
    fn from(error: EigenError) -> Self {
        Self::Draws(error.into())
    }
}

/// The numbers of the joint fit, as sums over directions.
#[derive(Debug, Clone, Copy)]
pub(super) struct JointFit {
    /// The excess of A.
    pub excess: f64,
    /// Its part due to kappa.
    pub bias: f64,
    pub kappa: f64,
    /// `kappa^2 (s1 s2 + s3)`: over `N - 1 - df2` it is the other part.
    variance: f64,
    df1: f64,
    pub df2: f64,
    z: f64,
}

impl JointFit {
    /// The share of the bias in the excess.
    pub fn bias_share(&self) -> f64 {
        self.bias / self.excess
    }

    /// `1/(N - 1 - df2)`
    pub fn inverse_degrees(&self) -> f64 {
        (self.excess - self.bias) / self.variance
    }

    /// `c = kappa (1 - (df1 + 1)/N) - z`
    pub fn ridge(&self) -> f64 {
        let inverse = self.inverse_degrees();
        // 1/N, also where the excess is below the bias by chance
        let share = inverse / (1.0 + (1.0 + self.df2) * inverse);
        self.kappa * (1.0 - (self.df1 + 1.0) * share) - self.z
    }
}

/// The joint fit of some rows.
pub(super) fn fit(rows: &Rows, z: f64) -> Result<JointFit, JointFitError> {
    let (all, halves) = (&rows.whole, &rows.halves);
    let (seen, directions) = symmetric_eigen(all.covariance().as_ref())?;
    let seen: Vec<f64> = seen.into_iter().map(|s| s.max(0.0)).collect();
    let seen = SeenSpectrum {
        eigenvalues: &seen,
        rows: all.rows(),
    };
    let truth = enough_rows(&seen, z)?;
    let needed = 2 * directions.nrows() + 2;
    let fewest = halves.iter().flatten().map(|half| half.draws.draws()).min();
    if let Some(draws) = fewest.filter(|&draws| draws < needed) {
        return Err(NotIdentified::TooFewDraws { draws, needed }.into());
    }
    let weight = all.draws.solve()?.weight();
    let at = kappa(&seen, &truth, weight.as_ref(), directions.as_ref())?;
    let mut excess = 0.0;
    for [first, second] in halves {
        let [first, second] = [Half::new(first, &truth)?, Half::new(second, &truth)?];
        excess += first.excess(&second) + second.excess(&first);
    }
    Ok(JointFit {
        excess: excess / (2.0 * halves.len() as f64),
        bias: bias(&truth, &at),
        kappa: at.kappa,
        variance: variance(&seen, &at, z),
        df1: at.df1,
        df2: at.df2(),
        z,
    })
}

/// The sums of the truth at z, if there are rows enough to tell them.
fn enough_rows(seen: &SeenSpectrum<'_>, z: f64) -> Result<TruthAt, NotIdentified> {
    let needed = |degrees: f64| (ROWS_PER_DEGREE * (degrees + 1.0)).max(LEAST_ROWS).ceil();
    let too_few = |degrees: f64| NotIdentified::TooFewRows {
        rows: seen.rows as usize,
        needed: needed(degrees) as usize,
    };
    let truth = seen.at(z).ok_or_else(|| {
        let rank = seen.eigenvalues.iter().filter(|&&s| s > 0.0).count();
        too_few(rank as f64)
    })?;
    if seen.rows < needed(truth.df1) {
        return Err(too_few(truth.df1));
    }
    Ok(truth)
}

/// The sums of the truth at the kappa of the gains `u'A u`.
fn kappa(
    seen: &SeenSpectrum<'_>,
    truth: &TruthAt,
    weight: MatRef<'_, f64>,
    directions: MatRef<'_, f64>,
) -> Result<TruthAt, NotIdentified> {
    let turned = weight * directions;
    let gains = |k: usize| directions.col(k).transpose() * turned.col(k);
    let weights = seen.eigenvalues.iter().map(|s| s / (s + truth.ridge));
    let gains: f64 = weights.enumerate().map(|(k, w)| w * gains(k)).sum();
    let none = NotIdentified::Gains { gains };
    let value = |at: &TruthAt| at.df1 - shared(truth, at);
    // It falls with kappa.
    let root = increasing_root(truth.kappa.ln(), |log| {
        let Some(at) = seen.at(log.exp()) else {
            return (f64::NEG_INFINITY, 1.0);
        };
        let step = 1e-4;
        let slope = seen
            .at((log + step).exp())
            .map_or(f64::NAN, |next| value(&at) - value(&next));
        (gains - value(&at), slope / step)
    });
    let log = root.filter(|log| log.is_finite()).ok_or(none)?;
    seen.at(log.exp()).ok_or(none)
}

/// `sum z lambda/((lambda + z)(lambda + kappa))`
fn shared(truth: &TruthAt, at: &TruthAt) -> f64 {
    let (z, apart) = (truth.kappa, at.kappa - truth.kappa);
    if apart.abs() < 1e-6 * z {
        return z * truth.weighted;
    }
    z * (truth.df1 - at.df1) / apart
}

/// `sum (kappa/(lambda + kappa) - z/(lambda + z))^2 (lambda + z)`
fn bias(truth: &TruthAt, at: &TruthAt) -> f64 {
    let (z, kappa) = (truth.kappa, at.kappa);
    let squares = at.weighted + z * at.inverse_square();
    z * z * truth.inverse - 2.0 * z * kappa * at.inverse + kappa * kappa * squares
}

/// `kappa^2 (s1 s2 + s3)`. s3 is a correction of the order 1/d, for which the eigenvalues of the rows are good enough.
fn variance(seen: &SeenSpectrum<'_>, at: &TruthAt, z: f64) -> f64 {
    let s2 = at.df2() + z * at.weighted;
    let s3 = sum(seen.eigenvalues, |s| {
        (s / (s + at.ridge).powi(2)).powi(2) * (s + z)
    });
    at.kappa.powi(2) * (at.weighted * s2 + s3)
}

/// One half of the rows.
struct Half {
    /// `A (S + z) - S`, the covariance with x of what A says beyond Wiener's filter.
    covariance: Mat<f64>,
    /// `A - S (S + zeta)^-1`
    beyond: Mat<f64>,
}

impl Half {
    fn new(part: &Part, truth: &TruthAt) -> Result<Self, DrawsError> {
        let weight = part.draws.solve()?.weight();
        let (z, rows, seen) = (truth.kappa, part.rows(), part.covariance());
        let dim = seen.nrows();
        // With this ridge the half's filter is the truth's on average.
        let ridge = z * (1.0 - (truth.df1 + 1.0) / rows);
        let shifted = &seen + Scale(ridge) * Mat::<f64>::identity(dim, dim);
        let factors = Llt::new(shifted.as_ref(), Side::Lower).map_err(|_| DrawsError::Singular)?;
        let left = Scale(ridge) * factors.inverse();
        let unbiased = Scale(rows / (rows - 1.0)) * &seen;
        Ok(Self {
            covariance: &weight * &unbiased + Scale(z) * &weight - unbiased,
            beyond: weight - Mat::<f64>::identity(dim, dim) + left,
        })
    }

    /// The excess, with the covariance of this half and the filter of the other.
    fn excess(&self, other: &Self) -> f64 {
        let columns = self.covariance.col_iter().zip(other.beyond.col_iter());
        columns.map(|(x, y)| x.transpose() * y).sum()
    }
}
