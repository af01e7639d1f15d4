//! Degrees of freedom below the effective ridges that rows show.

use super::energies::Energy;
use super::moved::{Moved, Spread};
use super::ridge_curve::RidgeCurve;
use super::shown::Shown;
use super::spread::WeightSpread;

/// How the degrees of freedom go on below the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailRule {
    /// `log(df1/(R - df1))` is linear in `log kappa`: close to the truth for real rows.
    Logit,
    /// `log df1` is linear in `log kappa` until it is near R. It is too high; how much its forecast differs from the
    /// logit's says how uncertain that is.
    Power,
}

/// The end of what fewer rows than dimensions show. Below the effective ridge `kappa` nothing is known of the spectrum,
/// and its degrees of freedom are continued:
///
/// ```text
/// logit   df1 = R/(1 + (R/D0 - 1)(kappa'/kappa)^logit_exponent)
/// power   df1 = R/(1 + ((R/D0)^4 - 1)(kappa'/kappa)^(4 power_exponent))^(1/4)
/// ```
///
/// The exponents are fitted, through the edge, where `df1` is between 0.7 D0 and D0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// The least effective ridge that the rows show.
    pub kappa: f64,
    /// D0, the degrees of freedom there.
    pub degrees: f64,
    /// R, the dimension.
    pub dim: f64,
    /// The slope of `-logit(df1/R)`.
    pub logit_exponent: f64,
    /// The slope of `-log df1`.
    pub power_exponent: f64,
}

/// The part of D0 from which the exponents are fitted.
const FITTED: f64 = 0.7;

impl Edge {
    /// Fits the exponents to what the rows show from their least ridge upwards.
    pub(super) fn of(grid: &[Shown], dim: f64) -> Option<Self> {
        let (kappa, degrees) = (grid[0].kappa(), grid[0].degrees);
        if degrees >= dim * (1.0 - 1e-9) {
            return None;
        }
        let mut near: Vec<[f64; 2]> = Vec::new();
        for shown in &grid[1..] {
            near.push([shown.kappa(), shown.degrees]);
            if shown.degrees < FITTED * degrees {
                // One point is enough if the degrees of freedom fall at once.
                if near.len() > 1 {
                    near.pop();
                }
                break;
            }
        }
        let exponent = |f: &dyn Fn(f64) -> f64| {
            let (mut products, mut squares, mut before) = (0.0, 0.0, 0.0);
            for [at, found] in &near {
                let x = (at / kappa).ln();
                // Points count by their distance, so that the result does not depend on where they lie.
                let step = x - before;
                products += step * x * (f(*found) - f(degrees));
                squares += step * x * x;
                before = x;
            }
            (products / squares).clamp(1e-3, 10.0)
        };
        Some(Self {
            kappa,
            degrees,
            dim,
            logit_exponent: exponent(&|d| (dim / d - 1.0).ln()),
            power_exponent: exponent(&|d| -d.ln()),
        })
    }

    /// `df1` and `d df1/d kappa`.
    pub(super) fn degrees_at(&self, kappa: f64, rule: TailRule) -> [f64; 2] {
        let (degrees, slope) = match rule {
            TailRule::Logit => {
                let odds = (self.dim / self.degrees - 1.0)
                    * (kappa / self.kappa).powf(self.logit_exponent);
                let degrees = self.dim / (1.0 + odds);
                (
                    degrees,
                    -self.logit_exponent * degrees * odds / (1.0 + odds),
                )
            }
            TailRule::Power => {
                let free = (self.dim / self.degrees).powi(4) - 1.0;
                let bound = free * (kappa / self.kappa).powf(4.0 * self.power_exponent);
                let degrees = self.dim / (1.0 + bound).powf(0.25);
                (
                    degrees,
                    -self.power_exponent * degrees * bound / (1.0 + bound),
                )
            }
        };
        [degrees, slope / kappa]
    }
}

/// What the rows would show below their edge, with the weights of the edge.
pub(super) struct Tail<'a> {
    pub edge: Edge,
    pub rule: TailRule,
    /// The rows at the edge.
    pub shown: &'a Shown,
    pub weights: WeightSpread,
}

impl Tail<'_> {
    /// The step in `log z'` from point to point.
    const STEP: f64 = 0.1;
    /// The largest number of points.
    const MOST: usize = 2000;

    /// The losses along the ridge of M rows, from the edge down to `log z'`; `None` if M rows have no ridge at the
    /// edge.
    pub fn curve(&self, samples: f64, log_ridge: f64) -> Option<RidgeCurve> {
        let mut points: Vec<Moved> = Vec::new();
        let mut log_kappa = self.edge.kappa.ln();
        let mut step = 0.0;
        while points.len() < Self::MOST {
            match self.moved(log_kappa - step, samples) {
                Some(moved) if moved.log_ridge.is_finite() => {
                    let done = points.len() > 1 && moved.log_ridge <= log_ridge;
                    log_kappa -= step;
                    step = Self::STEP / moved.log_ridge_slope.max(0.1);
                    points.push(moved);
                    // Nearer to the effective ridge of M rows without a ridge than numbers can be.
                    if done || log_kappa - step == log_kappa {
                        break;
                    }
                }
                // Below that effective ridge.
                _ if step > 1e-12 => step /= 2.0,
                _ => break,
            }
        }
        points.reverse();
        (points.len() > 1).then(|| RidgeCurve::by_ridge(&points, false))
    }

    fn moved(&self, log_kappa: f64, samples: f64) -> Option<Moved> {
        const SMALL: f64 = 1e-3;
        let factor = |log_kappa: f64| self.at(log_kappa).spread_factor(samples, self.weights);
        let slope = match (factor(log_kappa + SMALL), factor(log_kappa - SMALL)) {
            (Some(above), Some(below)) => (above - below) / (2.0 * SMALL),
            _ => 0.0,
        };
        let spread = Spread {
            factor: factor(log_kappa)?,
            slope: slope / log_kappa.exp(),
        };
        self.at(log_kappa).moved(samples, spread)
    }

    /// As the rows would show it at a ridge whose survival is 1, `z = kappa`: `x = w df1`.
    fn at(&self, log_kappa: f64) -> Shown {
        let kappa = log_kappa.exp();
        let degrees = self.edge.degrees_at(kappa, self.rule);
        let energies = self.shown.energies.iter().map(|energy| {
            let weight = energy.x / self.shown.mean;
            Energy {
                x: weight * degrees[0],
                slope: weight * degrees[1],
                ..*energy
            }
        });
        Shown::with_excess(
            kappa,
            self.shown.samples,
            degrees,
            [self.shown.excess, 0.0],
            energies.collect(),
        )
    }
}
