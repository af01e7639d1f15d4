//! The losses with one number of rows as a function of their ridge.

use super::interpolated::Interpolated;
use super::moved::Moved;

/// Degrees of freedom and energy along the logarithm of the ridge z'.
#[derive(Debug, Clone)]
pub(super) struct RidgeCurve {
    /// `log z'` along the parameter; nothing where the parameter is `log z'`.
    log_ridge: Option<Interpolated>,
    log_degrees: Interpolated,
    log_energy: Interpolated,
    /// The least and the largest `log z'`.
    range: [f64; 2],
}

/// What belongs to one ridge z', with derivatives to its logarithm.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtRidge {
    /// `D = d - z' tr G`
    degrees: f64,
    /// `dD/d log z'`
    bend: f64,
    /// `-de'/d log z' = z' E y' G^2 y`
    energy: f64,
}

impl RidgeCurve {
    /// The number of points of a polynomial: many where the points lie far apart on a function that is analytic within
    /// `|Im log z| < pi`, two where they lie close together.
    const MANY: usize = 8;
    const TWO: usize = 2;

    /// Along `log z` of the rows, which are evaluated at evenly spaced points.
    pub fn along(points: &[(f64, Moved)]) -> Self {
        let at = |f: fn(&Moved) -> f64| points.iter().map(|(_, m)| f(m)).collect::<Vec<f64>>();
        let parameter: Vec<f64> = points.iter().map(|(p, _)| *p).collect();
        let curve =
            |values, slopes| Interpolated::new(parameter.clone(), values, slopes, Self::MANY);
        let ridges = at(|m| m.log_ridge);
        Self {
            range: [ridges[0], ridges[ridges.len() - 1]],
            log_ridge: Some(curve(ridges, at(|m| m.log_ridge_slope))),
            log_degrees: curve(at(|m| m.log_degrees), at(|m| m.log_degrees_slope)),
            log_energy: curve(at(|m| m.log_energy), at(|m| m.log_energy_slope)),
        }
    }

    /// Along `log z'` itself.
    pub fn by_ridge(points: &[Moved], far_apart: bool) -> Self {
        let at = |f: fn(&Moved) -> f64| points.iter().map(f).collect::<Vec<f64>>();
        let ridges = at(|m| m.log_ridge);
        let width = if far_apart { Self::MANY } else { Self::TWO };
        let curve = |values, slopes| Interpolated::new(ridges.clone(), values, slopes, width);
        Self {
            range: [ridges[0], ridges[ridges.len() - 1]],
            log_ridge: None,
            log_degrees: curve(
                at(|m| m.log_degrees),
                at(|m| m.log_degrees_slope / m.log_ridge_slope),
            ),
            log_energy: curve(
                at(|m| m.log_energy),
                at(|m| m.log_energy_slope / m.log_ridge_slope),
            ),
        }
    }

    /// The least `log z'`.
    pub fn least(&self) -> f64 {
        self.range[0]
    }

    /// At a ridge inside the range.
    pub fn at(&self, log_ridge: f64) -> AtRidge {
        let log_ridge = log_ridge.clamp(self.range[0], self.range[1]);
        let (parameter, turn) = match &self.log_ridge {
            None => (log_ridge, 1.0),
            Some(ridges) => {
                let parameter = ridges.inverse(log_ridge);
                (parameter, ridges.at(parameter)[1])
            }
        };
        let [log_degrees, degrees_slope] = self.log_degrees.at(parameter);
        let [log_energy, energy_slope] = self.log_energy.at(parameter);
        let degrees = log_degrees.exp();
        AtRidge {
            degrees,
            bend: degrees * degrees_slope / turn,
            energy: -log_energy.exp() * energy_slope / turn,
        }
    }
}

#[cfg(test)]
impl Moved {
    /// What belongs to its own ridge.
    pub fn here(&self) -> AtRidge {
        let degrees = self.log_degrees.exp();
        AtRidge {
            degrees,
            bend: degrees * self.log_degrees_slope / self.log_ridge_slope,
            energy: -self.log_energy.exp() * self.log_energy_slope / self.log_ridge_slope,
        }
    }
}

impl AtRidge {
    /// Train and test loss per component of the optimum at a noise level `z0` with the ridge `z'`, `r = z0/z'`:
    ///
    /// ```text
    /// train = (1/d) [ d - z0 tr G - z0 (z' - z0) tr G^2 ]
    /// test  = (1/d) [ d - 2 z0 tr G + z0^2 tr G^2 + z0 E y'G^2 y ]
    ///       = (1/d) [ d (1 - r)^2 + (2 r - r^2) D + r^2 dD/d log z' - r de'/d log z' ]
    /// ```
    ///
    /// with `z' tr G = d - D` and `z'^2 tr G^2 = d - D + dD/d log z'`.
    pub fn losses(&self, ratio: f64, dim: f64) -> Losses {
        let rest = 1.0 - ratio;
        let degrees = self.degrees / dim;
        let bend = self.bend / dim;
        let missing = 1.0 - degrees;
        let test = rest * rest
            + ratio * (2.0 - ratio) * degrees
            + ratio * ratio * bend
            + ratio * self.energy / dim;
        Losses {
            train: (1.0 - ratio * missing - ratio * rest * (missing + bend)).max(0.0),
            test: test.max(0.0),
        }
    }
}

/// Train and test loss at one noise level, per component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Losses {
    pub train: f64,
    pub test: f64,
}
