//! What rows show of their law at one ridge.

use super::blocks::Summand;
use super::energies::{Energy, energies, mean_of};
use super::leave_one_out::LeaveOneOut;

/// How much each row counts in a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowWeights {
    /// As much as its own squared length in the metric of the others says: rows with elliptical laws.
    Own,
    /// All rows count alike: Gaussian rows.
    Equal,
}

/// What N rows show at the ridge z of their covariance without one row. With `n = N - 1` and the quadratic forms and
/// traces of [`LeftOut`](super::LeftOut), averaged over the row that is left out:
///
/// ```text
/// x_i = q_i/(1 + 1/n),   D = d - z tr G,   kappa = z mean x/D,   df1(kappa) = D
/// eta = D/[(1 - 1/n) mean x/(1 + x/n)] = 1 + O(1/n)
/// ```
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// z
    pub ridge: f64,
    /// `x_i`
    pub energies: Vec<Energy>,
    /// The mean of x.
    pub mean: f64,
    /// The mean of `dx/dz`.
    pub mean_slope: f64,
    /// D
    pub degrees: f64,
    /// `dD/dz`
    pub degrees_slope: f64,
    /// eta
    pub excess: f64,
    /// `d eta/dz`
    pub excess_slope: f64,
    /// n
    pub samples: f64,
}

impl Shown {
    fn new(ridge: f64, samples: f64, degrees: [f64; 2], energies: Vec<Energy>) -> Self {
        let [degrees, degrees_slope] = degrees;
        let [kept, kept_slope] = mean_of(&energies, |x, slope| {
            let shrunk = 1.0 / (1.0 + x / samples);
            [x * shrunk, slope * shrunk * shrunk]
        });
        let excess = degrees / ((1.0 - 1.0 / samples) * kept);
        let excess_slope = excess * (degrees_slope / degrees - kept_slope / kept);
        let all = [degrees, degrees_slope];
        Self::with_excess(ridge, samples, all, [excess, excess_slope], energies)
    }

    /// With a given eta.
    pub fn with_excess(
        ridge: f64,
        samples: f64,
        [degrees, degrees_slope]: [f64; 2],
        [excess, excess_slope]: [f64; 2],
        energies: Vec<Energy>,
    ) -> Self {
        let [mean, mean_slope] = mean_of(&energies, |x, slope| [x, slope]);
        Self {
            ridge,
            energies,
            mean,
            mean_slope,
            degrees,
            degrees_slope,
            excess,
            excess_slope,
            samples,
        }
    }

    /// Rows that all count alike: `x = D n/(n - 1 - D)`, the rule of [`equations`](crate::equations) section 6.
    pub fn alike(ridge: f64, samples: f64, degrees: [f64; 2]) -> Self {
        let rest = samples - 1.0 - degrees[0];
        let x = degrees[0] * samples / rest;
        let slope = degrees[1] * samples * (samples - 1.0) / (rest * rest);
        let all = vec![Energy {
            x,
            slope,
            share: 1.0,
        }];
        Self::with_excess(ridge, samples, degrees, [1.0, 0.0], all)
    }

    /// The effective ridge kappa of the truth.
    pub fn kappa(&self) -> f64 {
        self.ridge * self.mean / self.degrees
    }

    /// `d log kappa/d log z`
    fn log_kappa_slope(&self) -> f64 {
        1.0 + self.ridge * (self.mean_slope / self.mean - self.degrees_slope / self.degrees)
    }

    /// `df2 = D + kappa dD/dkappa`, between 0 and D.
    pub fn second_degrees(&self) -> f64 {
        let second = self.degrees + self.ridge * self.degrees_slope / self.log_kappa_slope();
        second.clamp(0.0, self.degrees)
    }
}

impl LeaveOneOut {
    /// What the rows show at each z > 0.
    ///
    /// ```text
    /// D = sum_j a s_j D_j - z mean v,   v = a^2 g/den
    /// dD/dz = -sum_j a s_j D_j^2 - mean v + z mean (2 a^2 l/den + v^2)
    /// ```
    pub(super) fn shown(&self, z: &[f64], weights: RowWeights) -> Vec<Shown> {
        /// The numbers of rows that are held at a time.
        const HELD: usize = 1 << 22;
        let together = (HELD / self.samples()).max(1);
        let parts = z.chunks(together);
        parts
            .flat_map(|z| self.shown_together(z, weights))
            .collect()
    }

    fn shown_together(&self, z: &[f64], weights: RowWeights) -> Vec<Shown> {
        let count = self.samples() as f64;
        let growth = self.growth();
        let square = growth * growth;
        let summands = [Summand::T, Summand::SD, Summand::SD2, Summand::SD3];
        let chunks = self.by_blocks(z, summands, |block| {
            let of_point = |point: usize| {
                let [t, h, g, l] = block.columns(point);
                let mut part = Part::default();
                let rows = t.iter().zip(block.null());
                let inverse: Vec<f64> = rows
                    .map(|(&t, &null)| block.inverse_den_of(null, t))
                    .collect();
                let shift = g.iter().zip(&inverse);
                let shift: Vec<f64> = shift.map(|(g, inverse)| square * g * inverse).collect();
                part.shift = shift.iter().sum();
                let bends = l.iter().zip(&inverse).zip(&shift);
                part.bend = bends
                    .map(|((l, inverse), v)| 2.0 * square * l * inverse + v * v)
                    .sum();
                if weights == RowWeights::Own {
                    let x = h.iter().zip(&inverse);
                    part.x = x.map(|(h, inverse)| growth * count * h * inverse).collect();
                    let slopes = shift.iter().zip(&inverse);
                    part.slope = slopes
                        .map(|(v, inverse)| -v * inverse * count / growth)
                        .collect();
                }
                part
            };
            (0..block.points.len()).map(of_point).collect::<Vec<Part>>()
        });
        let mut points = Vec::with_capacity(z.len());
        for blocks in chunks {
            let width = blocks[0].len();
            let mut parts: Vec<Part> = (0..width).map(|_| Part::default()).collect();
            for block in blocks {
                parts
                    .iter_mut()
                    .zip(block)
                    .for_each(|(all, part)| all.add(part));
            }
            points.append(&mut parts);
        }
        let shown = z.iter().zip(points).map(|(&z, part)| {
            let (shift, bend) = (part.shift / count, part.bend / count);
            let (mut degrees, mut slope) = (0.0, 0.0);
            for &s in self.eigenvalues().iter().rev() {
                let inverse = self.resolvent(s, z);
                degrees += growth * s * inverse;
                slope -= growth * s * inverse * inverse;
            }
            let degrees = [degrees - z * shift, slope - shift + z * bend];
            match weights {
                RowWeights::Own => {
                    Shown::new(z, count - 1.0, degrees, energies(&part.x, &part.slope))
                }
                RowWeights::Equal => Shown::alike(z, count - 1.0, degrees),
            }
        });
        shown.collect()
    }
}

/// Sums and values of some rows at one z.
#[derive(Default)]
struct Part {
    x: Vec<f64>,
    slope: Vec<f64>,
    shift: f64,
    bend: f64,
}

impl Part {
    fn add(&mut self, other: Self) {
        self.x.extend(other.x);
        self.slope.extend(other.slope);
        self.shift += other.shift;
        self.bend += other.bend;
    }
}
