//! The trace of the root of a product of covariances without its bias, from the leverages of the rows.

use std::f64::consts::PI;
use std::ops::Range;

use faer::Mat;

use super::cross::Cross;
use crate::parallel;

/// The step of log z. The integrand is analytic for `|Im log z| < pi`, so the error of the sum is `exp(-2 pi^2/STEP)`.
const STEP: f64 = 0.6;
/// How far log z goes beyond the logarithms of the eigenvalues; what is left out is below `exp(-1.5 * 17)`.
const BEYOND: f64 = 17.0;
/// No further below the largest eigenvalue than this: roots smaller than `exp(-25)` of the largest do not count.
const DEPTH: f64 = 50.0;
/// The rows of one block.
const BLOCK: usize = 256;

/// Points z of the integral, with the shares `s/(s + z)` of the eigenvalues s of `S_a S_b`. The unit is the largest s.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    z: Vec<f64>,
    /// `q = s/(s + z)`, `[r, points]`
    shares: Mat<f64>,
    /// `q (1 - q)`
    slopes: Mat<f64>,
    /// `q (1 - q)^2`
    curvatures: Mat<f64>,
}

impl Grid {
    /// The points for the roots of the eigenvalues, largest first.
    pub fn new(roots: &[f64]) -> Self {
        Self::with_step(roots, STEP)
    }

    fn with_step(roots: &[f64], step: f64) -> Self {
        let squares: Vec<f64> = roots.iter().map(|root| (root / roots[0]).powi(2)).collect();
        let least = squares.last().copied().unwrap_or(1.0);
        let begin = (least.ln() - BEYOND).max(-DEPTH);
        let count = match roots {
            [] => 0,
            _ => ((BEYOND - begin) / step).ceil() as usize + 1,
        };
        let z: Vec<f64> = (0..count)
            .map(|k| (begin + k as f64 * step).exp())
            .collect();
        let of = |f: fn(f64, f64) -> f64| {
            Mat::from_fn(squares.len(), count, |j, k| {
                let (s, z) = (squares[j], z[k]);
                f(s / (s + z), z / (s + z))
            })
        };
        Self {
            shares: of(|q, _| q),
            slopes: of(|q, p| q * p),
            curvatures: of(|q, p| q * p * p),
            z,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.z.is_empty()
    }

    /// The degrees of freedom D(z), and their derivative in log z.
    fn degrees(&self, k: usize) -> Curve {
        Curve {
            value: self.shares.col(k).sum(),
            slope: -self.slopes.col(k).sum(),
        }
    }
}

/// A function of log z at one point, with its derivative.
#[derive(Debug, Clone, Copy, Default)]
struct Curve {
    value: f64,
    slope: f64,
}

/// What the leverages of the rows of one set say at each point, c = N/(N - 1):
///
/// ```text
/// a_i = sum_j u_ij^2 s_j/(s_j + z),   u: rows whose squares sum to 1 in each direction
/// T = (N - 1) mean_i [ c a_i/(1 - c a_i) ]       tr (Sigma (S_-i + z)^-1) on average, S_-i without row i
/// L = D + mean_i [ z c a_i'/(1 - c a_i) ]        the degrees of freedom without row i
/// ```
#[derive(Debug, Clone)]
pub(super) struct Leverages {
    traces: Vec<Curve>,
    degrees: Vec<Curve>,
}

impl Leverages {
    /// Those of `rows` rows of a set of `count`, where `coordinates` gives some of them as columns, with covariance 1.
    pub fn of(
        grid: &Grid,
        count: usize,
        rows: usize,
        coordinates: impl Fn(Range<usize>) -> Mat<f64> + Sync,
    ) -> Self {
        let of_block = |block| Sums::of(grid, count, coordinates(block));
        let sums = parallel::merged(0..rows, BLOCK, &of_block, &|a: Sums, b: Sums| a.plus(&b));
        let n = count as f64;
        let mean = |sum: Curve, factor: f64| Curve {
            value: sum.value / n * factor,
            slope: sum.slope / n * factor,
        };
        let traces = sums.traces.iter().map(|sum| mean(*sum, n - 1.0));
        let lost = sums.losses.iter().map(|sum| mean(*sum, 1.0));
        let degrees = lost.enumerate().map(|(k, lost)| {
            let all = grid.degrees(k);
            Curve {
                value: all.value + lost.value,
                slope: all.slope + lost.slope,
            }
        });
        Self {
            traces: traces.collect(),
            degrees: degrees.collect(),
        }
    }

    /// The factor `f = T/L` at point k as it is where the degrees of freedom are `at`: its logarithm is carried over along
    /// its own curve, to first order.
    fn log_factor(&self, k: usize, at: f64) -> f64 {
        let (trace, degrees) = (self.traces[k], self.degrees[k]);
        let slope = trace.slope / trace.value - degrees.slope / degrees.value;
        let carried = slope / degrees.slope * (at - degrees.value);
        let log = (trace.value / degrees.value).ln();
        log + if carried.is_finite() { carried } else { 0.0 }
    }
}

/// Sums over rows of `c a/(1 - c a)` and of `z c a'/(1 - c a)`.
struct Sums {
    traces: Vec<Curve>,
    losses: Vec<Curve>,
}

impl Sums {
    fn of(grid: &Grid, count: usize, mut coordinates: Mat<f64>) -> Self {
        let n = count as f64;
        let (c, floor) = (n / (n - 1.0), 1.0 / n);
        for column in coordinates.col_iter_mut() {
            column.iter_mut().for_each(|w| *w = *w * *w / (n - 1.0));
        }
        // Of each row and point: the leverage, and its first two derivatives, z a' and z^2 a''.
        let leverage = coordinates.transpose() * &grid.shares;
        let first = coordinates.transpose() * &grid.slopes;
        let second = coordinates.transpose() * &grid.curvatures;
        let points = grid.z.len();
        let mut sums = Self {
            traces: vec![Curve::default(); points],
            losses: vec![Curve::default(); points],
        };
        for k in 0..points {
            for i in 0..coordinates.ncols() {
                let (a, by_z, by_zz) = (
                    c * leverage[(i, k)],
                    -c * first[(i, k)],
                    2.0 * c * second[(i, k)],
                );
                // A row with a leverage of one is alone in some direction: nothing is known of it there.
                let left = (1.0 - a).max(floor);
                let slope = if 1.0 - a > floor { by_z / left } else { 0.0 };
                sums.traces[k].value += a / left;
                sums.traces[k].slope += (by_z + a * slope) / left;
                sums.losses[k].value += by_z / left;
                sums.losses[k].slope += (by_z + by_zz + by_z * slope) / left;
            }
        }
        sums
    }

    fn plus(mut self, other: &Self) -> Self {
        let add = |these: &mut [Curve], others: &[Curve]| {
            for (this, other) in these.iter_mut().zip(others) {
                this.value += other.value;
                this.slope += other.slope;
            }
        };
        add(&mut self.traces, &other.traces);
        add(&mut self.losses, &other.losses);
        self
    }
}

/// `tr (Sigma_a Sigma_b)^(1/2)` without bias. A set without leverages is known.
///
/// ```text
/// (2/pi) int sqrt(z f_a f_b) (-dE),    E = L_a L_b/D: the degrees of freedom without a row of each
/// ```
///
/// where f_a, f_b are taken at E. What the integral without the factors is, is known: the sum of the roots of the
/// eigenvalues. So only the difference is integrated. It falls as `z^(3/2)` to the left. To the right it falls as
/// `z^(-1/2)`, by which it is summed to infinity, and the rest as `z^(-3/2)`.
pub(super) fn unbiased_trace(grid: &Grid, cross: &Cross, leverages: [Option<Leverages>; 2]) -> f64 {
    let (Some(first), Some(second), Some(unit)) =
        (grid.z.first(), grid.z.get(1), cross.roots().first())
    else {
        return cross.trace();
    };
    let known: Vec<&Leverages> = leverages.iter().flatten().collect();
    let terms = (0..grid.z.len()).map(|k| {
        let all = grid.degrees(k);
        let without = known.iter().fold(all, |left, of| {
            let share = of.degrees[k].value / all.value;
            let by_log = of.degrees[k].slope / of.degrees[k].value - all.slope / all.value;
            Curve {
                value: left.value * share,
                slope: (left.slope + left.value * by_log) * share,
            }
        });
        let logs = known.iter().map(|of| of.log_factor(k, without.value));
        let factor = (0.5 * logs.sum::<f64>()).exp();
        grid.z[k].sqrt() * (all.slope - factor * without.slope)
    });
    let terms: Vec<f64> = terms.collect();
    let last = terms[terms.len() - 1];
    let step = (second / first).ln();
    let beyond = last / ((0.5 * step).exp() - 1.0);
    cross.trace() + unit * 2.0 / PI * step * (terms.iter().sum::<f64>() + beyond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::root::Law;
    use faer::Col;

    /// Rows of no law, in coordinates that are their own.
    fn wave(count: usize, dim: usize, frequency: f64) -> Mat<f64> {
        Mat::from_fn(dim, count, |j, i| {
            let x = ((i * i + 3 * i * j) as f64 * frequency).sin();
            x / (1.0 + j as f64).powi(3)
        })
    }

    #[test]
    fn half_the_step_and_a_wider_range_change_nothing() {
        let law = |rows: &Mat<f64>| Law {
            mean: Col::zeros(rows.nrows()),
            root: rows.transpose() * faer::Scale(1.0 / (rows.ncols() as f64 - 1.0).sqrt()),
            count: Some(rows.ncols()),
        };
        let (a, b) = (wave(30, 6, 1.0), wave(40, 6, 1.7));
        let (law_a, law_b) = (law(&a), law(&b));
        let cross = Cross::new(&law_a, &law_b).unwrap();
        assert_eq!(cross.roots().len(), 6);
        let trace = |grid: &Grid| {
            let of = |rows: &Mat<f64>, map: Mat<f64>| {
                let count = rows.ncols();
                Leverages::of(grid, count, count, |some| {
                    map.transpose() * rows.subcols(some.start, some.len())
                })
            };
            let of_a = of(&a, cross.map_of_a(&law_b));
            let of_b = of(&b, cross.map_of_b(&law_a));
            unbiased_trace(grid, &cross, [Some(of_a), Some(of_b)])
        };
        let found = trace(&Grid::new(cross.roots()));
        let finer = trace(&Grid::with_step(cross.roots(), STEP / 2.0));
        assert!((found - finer).abs() < 1e-10 * found, "{found} {finer}");
        let coarse = trace(&Grid::with_step(cross.roots(), 4.0 * STEP));
        assert!((found - coarse).abs() > 1e-8 * found, "{found} {coarse}");
        let known = unbiased_trace(&Grid::new(cross.roots()), &cross, [None, None]);
        assert!((known - cross.trace()).abs() < 1e-14 * known);
        assert!((found - known).abs() > 1e-3 * known);
    }
}
