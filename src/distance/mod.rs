//! How far apart are two sets of features? The Fréchet distance between their Gaussians, without its bias in the number
//! of rows.
//!
//! It takes two [`Features`]: rows, or a mean and a covariance that are known. It gives a [`FrechetDistance`]: the value
//! without bias, its interval, and the plain value, which is what FID is. The bias of the trace of the root is known from
//! the leverages of the rows, whatever their tails ([`equations`](crate::equations) section 11).

mod cross;
mod error;
mod features;
mod leverages;
#[cfg(feature = "files")]
mod read;
mod result;
mod root;
mod sentences;
mod settings;
mod shared_rows;
mod side;
mod units;

pub use error::{DistanceError, rows_needed};
pub use features::Features;
#[cfg(feature = "files")]
pub use read::{FileFeatures, read_features, read_statistics};
pub use result::{DistanceSide, FrechetDistance};
pub use settings::Settings;

use faer::Mat;

use self::cross::Cross;
use self::leverages::{Grid, Leverages, unbiased_trace};
use self::root::Law;
use self::shared_rows::shared_rows;
use self::side::{PARTS, Side};
use self::units::Units;
use crate::gaussian::{EigenError, numerical_floor};
use crate::text::statistics::{jackknife, student};

/// An interval misses with this probability.
const PROBABILITY: f64 = 0.05;

/// What hears how many steps are done, of how many.
pub type Observer<'a> = &'a mut dyn FnMut(usize, usize);

/// The Fréchet distance between the Gaussians of two sets of features, squared as FID is. The unit is that of the
/// features, squared; it is a total over dimensions.
///
/// ```text
/// plain   = |m_a - m_b|^2 + tr S_a + tr S_b - 2 tr (S_a S_b)^(1/2)
/// value   = plain - tr S_a/N_a - tr S_b/N_b + 2 [ tr (S_a S_b)^(1/2) - what the leverages say of tr (Sigma_a Sigma_b)^(1/2) ]
/// ```
///
/// Covariances are divided by N - 1. The value is right on average to a relative order below 1/d; it may be negative if
/// no difference is seen. Its standard error is that of a jackknife over five groups of rows, left out of both sets at
/// once. Rows must be independent; given groups are left out whole. `observer` hears of the progress. Past the paper
/// ([`equations`](crate::equations) section 11).
///
/// ```
/// use lindiff::distance::{Features, Settings, frechet};
/// use lindiff::faer::Mat;
///
/// // Forty rows in three dimensions, and others that are shifted by 1 in each.
/// let wave = |i: usize, j: usize| ((7 * i * (j + 1) + i * i) as f64).sin();
/// let a = Mat::from_fn(40, 3, wave);
/// let b = Mat::from_fn(40, 3, |i, j| wave(i + 40, j) + 1.0);
/// let found = frechet(
///     &Features::rows(a.as_ref()),
///     &Features::rows(b.as_ref()),
///     &Settings::default(),
///     &mut |_, _| (),
/// )?;
/// assert!(found.difference_seen && found.value < found.plain);
/// assert!(found.low.unwrap() < 3.0 && found.high.unwrap() > 3.0);
/// # Ok::<(), lindiff::distance::DistanceError>(())
/// ```
///
/// # Errors
/// Other numbers of columns; numbers that are not finite; fewer than [`rows_needed`] rows; a covariance that is not
/// symmetric or has negative variances; fewer than five groups; more memory than there is.
pub fn frechet(
    a: &Features<'_>,
    b: &Features<'_>,
    settings: &Settings,
    observer: Observer<'_>,
) -> Result<FrechetDistance, DistanceError> {
    let dimensions = features::checked(a, b, settings)?;
    let units = Units::of(a, b);
    let mut done = 0;
    let mut tell = || {
        done += 1;
        observer(done, PARTS + 3);
    };
    let a = Side::new(a, 0, &units, settings, dimensions.dim)?;
    tell();
    let b = Side::new(b, 1, &units, settings, dimensions.dim)?;
    tell();
    let whole = Estimate::new(&a, &b, None, &units)?;
    tell();
    let mut without = Vec::with_capacity(PARTS);
    for part in 0..PARTS {
        if a.count().or(b.count()).is_some() {
            without.push(Estimate::new(&a, &b, Some(part), &units)?);
        }
        tell();
    }
    let mut found = assembled(&a, &b, dimensions, &whole, &without, &units);
    if !(found.value.is_finite() && found.plain.is_finite()) {
        return Err(DistanceError::Overflow);
    }
    found.shared_rows = shared_rows(&a, &b);
    found.warnings = sentences::warnings(&found, [&a, &b], whole.heaviest);
    found.verdict = sentences::verdict(&found);
    Ok(found)
}

/// The distance and its parts from all rows, or from those without a part, in the units of the computation.
struct Estimate {
    trace_a: f64,
    trace_b: f64,
    /// The squared distance of the means without its bias.
    means: f64,
    /// `tr (Sigma_a Sigma_b)^(1/2)` without its bias.
    root: f64,
    plain: f64,
    /// The column with the largest variance in both sets together, and its share of both traces.
    heaviest: (usize, f64),
}

impl Estimate {
    fn new(
        a: &Side<'_>,
        b: &Side<'_>,
        without: Option<usize>,
        units: &Units,
    ) -> Result<Self, EigenError> {
        let (law_a, law_b) = (a.law(without), b.law(without));
        let cross = Cross::new(&law_a, &law_b)?;
        let grid = Grid::new(cross.roots());
        let leverages = |side: &Side<'_>, law: &Law, map: Mat<f64>| {
            let count = law.count?;
            (!grid.is_empty()).then(|| {
                let rows = side.rows_without(without);
                Leverages::of(&grid, count, rows.len(), |some| {
                    units.mapped(side.features, &rows[some], &law.mean, map.as_ref())
                })
            })
        };
        let of_a = leverages(a, &law_a, cross.map_of_a(&law_b));
        let of_b = leverages(b, &law_b, cross.map_of_b(&law_a));
        let (trace_a, trace_b) = (law_a.trace(), law_b.trace());
        let apart = (&law_a.mean - &law_b.mean).squared_norm_l2();
        let plain = apart + trace_a + trace_b - 2.0 * cross.trace();
        let rounding = numerical_floor(apart + trace_a + trace_b, law_a.mean.nrows());
        Ok(Self {
            trace_a,
            trace_b,
            means: apart - law_a.variance_of_mean() - law_b.variance_of_mean(),
            root: unbiased_trace(&grid, &cross, [of_a, of_b]),
            plain: if plain > rounding { plain } else { 0.0 },
            heaviest: heaviest(&law_a, &law_b),
        })
    }

    fn value(&self) -> f64 {
        self.means + self.trace_a + self.trace_b - 2.0 * self.root
    }
}

/// The column with the largest variance in both laws together, and its share of both traces.
fn heaviest(a: &Law, b: &Law) -> (usize, f64) {
    let pairs = a.variances().into_iter().zip(b.variances());
    let sums = pairs.map(|(a, b)| a + b).enumerate();
    let (column, most) = sums.fold(
        (0, 0.0),
        |most, one| if one.1 > most.1 { one } else { most },
    );
    (column, most / (a.trace() + b.trace()))
}

fn assembled(
    a: &Side<'_>,
    b: &Side<'_>,
    dimensions: features::Dimensions,
    whole: &Estimate,
    without: &[Estimate],
    units: &Units,
) -> FrechetDistance {
    let back = |value: f64| units.back(value);
    let parts = without.len() as f64;
    let error = (!without.is_empty()).then(|| {
        let values: Vec<f64> = without.iter().map(Estimate::value).collect();
        back(jackknife(&values))
    });
    let half = error.map(|error| student(PROBABILITY, PARTS) * error);
    let (value, plain) = (back(whole.value()), back(whole.plain));
    let plain_without: f64 = without.iter().map(|part| part.plain).sum();
    let low = half.map(|half| value - half);
    FrechetDistance {
        value,
        standard_error: error,
        low,
        high: half.map(|half| value + half),
        plain,
        bias: plain - value,
        jackknife: error.map(|_| back(parts * whole.plain - (parts - 1.0) / parts * plain_without)),
        mean_difference: back(whole.means),
        trace_root: back(whole.root),
        dim: dimensions.dim,
        constant: dimensions.constant,
        a: a.described(back(whole.trace_a)),
        b: b.described(back(whole.trace_b)),
        difference_seen: low.unwrap_or(value) > 0.0,
        plain_rows: None,
        shared_rows: None,
        verdict: Vec::new(),
        warnings: Vec::new(),
        notes: Vec::new(),
    }
    .with_plain_rows()
}
