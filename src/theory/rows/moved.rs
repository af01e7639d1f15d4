//! The spectrum that rows show at one ridge, seen by another number of rows.

use super::energies::mean_of;
use super::shown::Shown;

/// How the values x are spread about their mean before they are used: `x -> mean x + factor (x - mean x)`, with the
/// derivative of the factor to z. For a finite number of degrees of freedom x carries noise of its own, which differs
/// between n and M rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub factor: f64,
    pub slope: f64,
}

impl Spread {
    /// The values as they are.
    pub const NONE: Self = Self {
        factor: 1.0,
        slope: 0.0,
    };
}

/// What M rows would show at the ridge `z'` that belongs to the same effective ridge kappa. The slopes are derivatives
/// to the logarithm of z.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    /// `log z'`
    pub log_ridge: f64,
    pub log_ridge_slope: f64,
    /// `log D`
    pub log_degrees: f64,
    pub log_degrees_slope: f64,
    /// `log e'`, with `e' = (1 + 1/M) mean x'` the mean of `y' G y` over fresh rows y
    pub log_energy: f64,
    pub log_energy_slope: f64,
    /// `1/rho = z'/z`
    pub ratio: f64,
}

impl Shown {
    /// Solves for M rows (possibly infinitely many), with `t = 1/rho`:
    ///
    /// ```text
    /// D = (1 - 1/M) mean[ x/(t + x/M) ] (1 + (eta - 1) n/M),   z' = t z,   e' = (1 + 1/M) mean x/t
    /// ```
    ///
    /// M = n gives t = 1. `None` where M rows have fewer than D degrees of freedom at any ridge: `z'` would be below 0.
    pub fn moved(&self, samples: f64, spread: Spread) -> Option<Moved> {
        let share = 1.0 / samples;
        let excess = 1.0 + (self.excess - 1.0) * self.samples * share;
        let excess_slope = self.excess_slope * self.samples * share;
        let solved = Equation {
            of: self,
            share,
            front: (1.0 - share) * excess,
            spread,
        };
        let t = solved.root()?;
        let slope = solved.slope(t, (1.0 - share) * excess_slope);
        let z = self.ridge;
        Some(Moved {
            log_ridge: (z * t).ln(),
            log_ridge_slope: 1.0 + z * slope / t,
            log_degrees: self.degrees.ln(),
            log_degrees_slope: z * self.degrees_slope / self.degrees,
            log_energy: ((1.0 + share) * self.mean / t).ln(),
            log_energy_slope: z * (self.mean_slope / self.mean - slope / t),
            ratio: t,
        })
    }
}

/// `front mean[ x/(t + x/M) ] = D` for t.
struct Equation<'a> {
    of: &'a Shown,
    /// `1/M`
    share: f64,
    front: f64,
    spread: Spread,
}

impl Equation<'_> {
    fn spread(&self, x: f64) -> f64 {
        self.of.mean + self.spread.factor * (x - self.of.mean)
    }

    /// The means of `x/(t + x/M)` and of `x/(t + x/M)^2`.
    fn sums(&self, t: f64) -> [f64; 2] {
        mean_of(&self.of.energies, |x, _| {
            let x = self.spread(x);
            let inverse = 1.0 / (t + x * self.share);
            [x * inverse, x * inverse * inverse]
        })
    }

    /// Newton's steps for `1/(front mean) - 1/D`, which is increasing and concave in t, and a straight line if all x
    /// are equal. Jensen's inequality gives the start, above the root; all further steps come from below.
    fn root(&self) -> Option<f64> {
        let (mean, degrees) = (self.of.mean, self.of.degrees);
        let mut t = mean * (self.front / degrees - self.share);
        if !(t > 0.0 && self.front > degrees * self.share) {
            return None;
        }
        for _ in 0..200 {
            let [first, second] = self.sums(t);
            let value = self.front * first;
            let next = t - value * (1.0 - value / degrees) / (self.front * second);
            let next = next.max(0.0);
            if (next - t).abs() <= 1e-15 * t {
                return Some(next);
            }
            t = next;
        }
        (t > 0.0).then_some(t)
    }

    /// `dt/dz` from differentiating the equation.
    fn slope(&self, t: f64, front_slope: f64) -> f64 {
        let of = self.of;
        let [first, second, along] = mean_of(&of.energies, |x, slope| {
            let turned = of.mean_slope
                + self.spread.factor * (slope - of.mean_slope)
                + self.spread.slope * (x - of.mean);
            let x = self.spread(x);
            let inverse = 1.0 / (t + x * self.share);
            [
                x * inverse,
                x * inverse * inverse,
                turned * inverse * inverse,
            ]
        });
        (front_slope * first + self.front * t * along - of.degrees_slope) / (self.front * second)
    }
}
