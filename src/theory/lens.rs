//! Functions of the empirical covariance, by Cauchy's formula.

use std::array;
use std::f64::consts::PI;

use faer::c64;

use super::elliptical_lens::WeightedContour;
use super::{Ensemble, TheoryError};

/// How far the lens reaches beyond the right edge of the spectrum.
const BEYOND: f64 = 1.001;
/// The angle between the sides of a lens and the real axis.
pub(super) const STEEPEST: f64 = PI / 3.0;

/// Which trace of `f(Sigma_N)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighting {
    /// `T1[f] = (1/d) tr f(Sigma_N)`
    Plain,
    /// `T2[f] = (1/d) tr Sigma f(Sigma_N)`
    Sigma,
    /// `T3[f] = (1/d) tr Sigma^-1 f(Sigma_N)`, on the truth's support
    Inverse,
    /// `(1/d) mu' f(Sigma_N) mu` of the error mu of a fitted mean: `T2[f]/N` for Gaussian rows, 0 with a known mean.
    MeanError,
}

/// An integrated number with its possible error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimated<T> {
    /// The value.
    pub value: T,
    /// The largest change of the value when every other node is left out.
    pub error: f64,
}

/// The values of an analytic function f where a [`Lens`] needs them.
#[derive(Debug, Clone)]
pub struct OnLens {
    /// f at the nodes.
    pub nodes: Vec<c64>,
    /// f(0), for the eigenvalues of `Sigma_N` that are 0.
    pub zero: f64,
}

impl OnLens {
    /// The product with another function.
    pub(super) fn times(&self, other: &OnLens) -> OnLens {
        let nodes = self.nodes.iter().zip(&other.nodes);
        OnLens {
            nodes: nodes.map(|(a, b)| a * b).collect(),
            zero: self.zero * other.zero,
        }
    }

    /// A function of this one, with its value at 0.
    pub(super) fn map(&self, f: impl Fn(c64) -> c64, zero: f64) -> OnLens {
        OnLens {
            nodes: self.nodes.iter().map(|&value| f(value)).collect(),
            zero,
        }
    }
}

/// A lens-shaped contour around the spectrum of `Sigma_N`. On it the average, over training sets, of a trace of a
/// function of `Sigma_N` is a sum.
///
/// ```text
/// T[f] = a f(0) + (1/pi) Im sum f(s) (m(s) - a/z) (ds/du) du,                  z = -s
/// s = v + (V - v)/(1 + exp(-(u + i phi))),   phi = pi/3,   ds/du = (s - v)(V - s)/(V - v)
/// ```
///
/// Here m is the transform that belongs to the trace: `(kappa/z) (1/d) sum w(lambda)/(lambda + kappa)` with w = 1,
/// lambda, 1/lambda, and for the error of a fitted mean 1/N of the second. V lies just above the right edge of the spectrum, v below its left edge (0 if some eigenvalues
/// are 0), and a is the atom at 0. f must be real on the real axis and analytic inside.
///
/// The average at finite d and N differs from the equivalent by a correction of relative order 1/d. It is the same sum
/// with another transform:
///
/// ```text
/// m(s) = kappa' (kappa/z) (1/(d N)) [ sum lambda^2 w p^3 - kappa' kappa ((1/N) sum lambda^2 p^3) sum lambda w p^2 ]
/// p = 1/(lambda + kappa)
/// ```
///
/// Past the paper ([`equations`](crate::equations) section 5).
#[derive(Debug, Clone)]
pub struct Lens {
    nodes: Vec<Node>,
    equivalent: [f64; 4],
    correction: [f64; 4],
    /// The share of the directions in which the truth has no variance.
    empty: f64,
    /// v
    low: f64,
}

/// A point of the contour, with `(m(s) - a/z) (ds/du) du/pi` of the four traces. The atoms a of all nodes are those of
/// the [`Lens`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub s: c64,
    pub equivalent: [c64; 4],
    pub correction: [c64; 4],
}

impl Lens {
    /// A lens with the given even number of nodes: 200 give about 7 digits, 400 about 11.
    ///
    /// # Errors
    /// No effective ridge on the contour, or a contour that does not enclose the spectrum.
    pub fn new(ensemble: &Ensemble, nodes: usize) -> Result<Self, TheoryError> {
        Self::flat(ensemble, nodes, STEEPEST)
    }

    /// A lens whose sides meet the real axis at an angle phi from 0 to [`STEEPEST`]. A flatter one stays nearer to the real
    /// axis, where polynomials of high degree are small, and needs more nodes: as many times as it is flatter.
    ///
    /// # Errors
    /// The errors of [`Lens::new`].
    pub(super) fn flat(ensemble: &Ensemble, nodes: usize, angle: f64) -> Result<Self, TheoryError> {
        let count = nodes.next_multiple_of(2);
        let lens = match ensemble.row_weights() {
            None => Contour::new(ensemble).lens(count, angle)?,
            Some(law) => {
                let law = WeightedContour::law(ensemble, law);
                let contour = WeightedContour::new(ensemble, &law)?;
                contour.lens(ensemble, contour.edge * BEYOND, count, angle)?
            }
        };
        let one = lens.map(|_| c64::new(1.0, 0.0), 1.0);
        let count = lens.trace(Weighting::Plain, &one).value;
        if (count - 1.0).abs() < 1e-3 {
            Ok(lens)
        } else {
            Err(TheoryError::Contour { count })
        }
    }

    /// A lens from its parts.
    pub(super) fn from_nodes(
        nodes: Vec<Node>,
        equivalent: [f64; 4],
        correction: [f64; 4],
        empty: f64,
        low: f64,
    ) -> Self {
        Self {
            nodes,
            equivalent,
            correction,
            empty,
            low,
        }
    }

    /// Evaluates a function on this lens.
    pub fn map(&self, f: impl Fn(c64) -> c64, zero: f64) -> OnLens {
        OnLens {
            nodes: self.nodes.iter().map(|node| f(node.s)).collect(),
            zero,
        }
    }

    /// The points at which the lens needs the values of a function.
    pub fn points(&self) -> impl ExactSizeIterator<Item = c64> + '_ {
        self.nodes.iter().map(|node| node.s)
    }

    /// v, the left end: below the smallest eigenvalue above 0 that is typical.
    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// The equivalent of the average over training sets of a trace of `f(Sigma_N)`.
    pub fn trace(&self, weighting: Weighting, f: &OnLens) -> Estimated<f64> {
        let mut found = self.trace_on_support(weighting, f);
        if weighting == Weighting::Plain && self.empty > 0.0 {
            found.value += self.empty * f.zero;
        }
        found
    }

    /// That trace without the directions in which the truth has no variance.
    pub(super) fn trace_on_support(&self, weighting: Weighting, f: &OnLens) -> Estimated<f64> {
        let kind = weighting as usize;
        self.sum(self.equivalent[kind], f, |node| node.equivalent[kind])
    }

    /// The average over training sets of that trace minus its equivalent, to leading order: 1/d of it.
    pub fn correction(&self, weighting: Weighting, f: &OnLens) -> Estimated<f64> {
        let kind = weighting as usize;
        self.sum(self.correction[kind], f, |node| node.correction[kind])
    }

    fn sum(&self, atom: f64, f: &OnLens, weight: impl Fn(&Node) -> c64) -> Estimated<f64> {
        let mut sums = [0.0; 2];
        for (index, (node, value)) in self.nodes.iter().zip(&f.nodes).enumerate() {
            sums[index % 2] += (value * weight(node)).im;
        }
        let atom = match atom {
            0.0 => 0.0,
            atom => atom * f.zero,
        };
        Estimated {
            value: atom + sums[0] + sums[1],
            error: (sums[0] - sums[1]).abs(),
        }
    }
}

/// Calls `compute` with finer and finer lenses, until its error is at most 1e-9 (absolute, or of its value) or the
/// finest lens is reached. The error that is returned says which.
pub fn refined<T>(
    ensemble: &Ensemble,
    compute: impl FnMut(&Lens) -> Result<Estimated<T>, TheoryError>,
) -> Result<(Estimated<T>, Lens), TheoryError> {
    refined_at(ensemble, STEEPEST, compute)
}

/// [`refined`] with lenses of another angle.
pub(super) fn refined_at<T>(
    ensemble: &Ensemble,
    angle: f64,
    mut compute: impl FnMut(&Lens) -> Result<Estimated<T>, TheoryError>,
) -> Result<(Estimated<T>, Lens), TheoryError> {
    const FINEST: usize = 6400;
    let mut nodes = (200.0 * STEEPEST / angle) as usize;
    loop {
        let lens = Lens::flat(ensemble, nodes, angle)?;
        let estimated = compute(&lens)?;
        if estimated.error <= 1e-9 || nodes >= FINEST {
            return Ok((estimated, lens));
        }
        nodes *= 2;
    }
}

/// The points s of a lens from `low` to `high`, from left to right, each with `(ds/du) du/pi`. See [`Lens`]; u runs from
/// `-left` to `right`, and the sides meet the real axis at an angle.
pub(super) fn contour_points(
    low: f64,
    high: f64,
    [left, right]: [f64; 2],
    angle: f64,
    count: usize,
) -> impl Iterator<Item = (c64, c64)> {
    let width = high - low;
    let step = (left + right) / (count - 1) as f64;
    (0..count).map(move |index| {
        let u = c64::new(-left + index as f64 * step, angle);
        let fraction = 1.0 / (1.0 + (-u).exp());
        let rest = 1.0 / (1.0 + u.exp());
        (low + fraction * width, fraction * rest * width * step / PI)
    })
}

/// Some points of the upper side of a lens.
pub(super) fn arc(ensemble: &Ensemble, angle: f64) -> Vec<c64> {
    let (low, high) = ends(ensemble);
    let points = contour_points(low, high, [8.0; 2], angle, 65);
    points.map(|(s, _)| s).collect()
}

/// v and V. Where the equations of weighted rows have no root, V is infinite.
fn ends(ensemble: &Ensemble) -> (f64, f64) {
    let Some(law) = ensemble.row_weights() else {
        let contour = Contour::new(ensemble);
        return (contour.low, contour.high);
    };
    let law = WeightedContour::law(ensemble, law);
    match WeightedContour::new(ensemble, &law) {
        Ok(contour) => (contour.low, contour.edge * BEYOND),
        Err(_) => (0.0, f64::INFINITY),
    }
}

/// Gaussian rows. A fitted mean is treated as a known one: `N - 1` samples of a covariance that is smaller by `(N - 1)/N`.
struct Contour {
    /// `(N_0/N) lambda > 0`
    eigenvalues: Vec<f64>,
    samples: f64,
    shrink: f64,
    dim: f64,
    low: f64,
    high: f64,
    /// `kappa(0)`
    base: f64,
    reach: f64,
    mean_error: f64,
}

impl Contour {
    fn new(ensemble: &Ensemble) -> Self {
        let shrink = ensemble.shrink();
        let positive = ensemble.spectrum().positive();
        let eigenvalues: Vec<f64> = positive.iter().map(|l| l * shrink).collect();
        let (rank, samples) = (eigenvalues.len() as f64, ensemble.degrees());
        let smallest = eigenvalues[eigenvalues.len() - 1];
        let low = if samples > rank {
            0.5 * smallest * (1.0 - (rank / samples).sqrt()).powi(2)
        } else {
            0.0
        };
        let base = ensemble.effective_ridge(0.0).map_or(0.0, |at| at.kappa);
        // Near N = d the density rises towards 0 as an inverse root: twice as many e-folds.
        let near = (rank / samples - 1.0).abs() < 0.2;
        Self {
            high: right_edge(&eigenvalues, samples) * BEYOND,
            eigenvalues,
            samples,
            shrink,
            dim: ensemble.dim() as f64,
            low,
            base: base * shrink,
            reach: if near { 72.0 } else { 36.0 },
            mean_error: ensemble.mean_error(),
        }
    }

    fn lens(&self, count: usize, angle: f64) -> Result<Lens, TheoryError> {
        let (positive, corrected) = (self.positive_atoms(), self.corrected_atoms());
        let mut offset_before = None;
        let mut nodes = Vec::with_capacity(count);
        for (s, scale) in contour_points(self.low, self.high, [self.reach; 2], angle, count) {
            let start = offset_before.unwrap_or_else(|| self.first(-s));
            let offset = self.root(-s, start)?;
            offset_before = Some(offset);
            let transforms = self.transforms(self.base + offset);
            let survival = self.survival(offset);
            let corrections = self.correction_residues(self.base + offset, survival);
            let weight = |transform: c64, atom: f64| (transform + atom / s) * scale;
            nodes.push(Node {
                s,
                equivalent: array::from_fn(|k| weight(transforms[k] / survival, positive[k])),
                correction: array::from_fn(|k| weight(corrections[k] / survival, corrected[k])),
            });
        }
        Ok(Lens {
            nodes,
            equivalent: positive,
            correction: corrected,
            empty: 1.0 - self.eigenvalues.len() as f64 / self.dim,
            low: self.low,
        })
    }

    /// `z/kappa` times the transforms of the corrections at kappa, where `1 - df1/N` is `survival`.
    fn correction_residues(&self, kappa: c64, survival: c64) -> [c64; 4] {
        let zero = c64::new(0.0, 0.0);
        // sum lambda w p^2 and sum lambda^2 w p^3 for w = 1, lambda, 1/lambda
        let (mut squares, mut cubes) = ([zero; 3], [zero; 3]);
        for &lambda in &self.eigenvalues {
            let p = 1.0 / (lambda + kappa);
            let square = p * p;
            let shrinkage = p * lambda;
            let weighted = square * lambda;
            squares[0] += weighted;
            squares[1] += weighted * lambda;
            squares[2] += square;
            cubes[0] += weighted * shrinkage;
            cubes[1] += weighted * shrinkage * lambda;
            cubes[2] += square * shrinkage;
        }
        let derivative = 1.0 / (survival + kappa * squares[0] / self.samples);
        let scale = derivative / (self.samples * self.dim);
        let feedback = derivative * kappa * cubes[0] / self.samples;
        let units = [1.0, 1.0 / self.shrink, self.shrink];
        let [plain, sigma, inverse] =
            array::from_fn(|k| scale * (cubes[k] - feedback * squares[k]) * units[k]);
        [plain, sigma, inverse, sigma * self.mean_error]
    }

    /// The atoms at 0 of the corrections. They are the limits of z times their transforms: at kappa(0) for fewer samples
    /// than directions, and `(1/(4 d)) (mean of w/lambda)/(mean of 1/lambda)` for as many.
    fn corrected_atoms(&self) -> [f64; 4] {
        let rank = self.eigenvalues.len() as f64;
        let sum = |f: &dyn Fn(f64) -> f64| self.eigenvalues.iter().map(|l| f(*l)).sum::<f64>();
        if self.base > 0.0 {
            let zero = c64::new(0.0, 0.0);
            let residues = self.correction_residues(c64::new(self.base, 0.0), zero);
            let [_, sigma, inverse, mean] = residues.map(|residue| self.base * residue.re);
            // That of the first trace is 0.
            return [0.0, sigma, inverse, mean];
        }
        if self.samples != rank {
            return [0.0; 4];
        }
        let inverse = sum(&|l| 1.0 / l);
        let units = [
            inverse,
            rank / self.shrink,
            sum(&|l| 1.0 / (l * l)) * self.shrink,
            rank / self.shrink * self.mean_error,
        ];
        units.map(|unit| unit / (4.0 * self.dim * inverse))
    }

    /// `(1/d) sum w(lambda)/(lambda + kappa)` of the traces; `lambda` in w is the truth's.
    fn transforms(&self, kappa: c64) -> [c64; 4] {
        let mut sums = [c64::new(0.0, 0.0); 3];
        for &lambda in &self.eigenvalues {
            let inverse = 1.0 / (lambda + kappa);
            sums[0] += inverse;
            sums[1] += inverse * lambda;
            sums[2] += inverse / lambda;
        }
        let sigma = sums[1] / (self.dim * self.shrink);
        [
            sums[0] / self.dim,
            sigma,
            sums[2] * self.shrink / self.dim,
            sigma * self.mean_error,
        ]
    }

    /// The atoms at 0 of the truth's support.
    fn positive_atoms(&self) -> [f64; 4] {
        if self.base == 0.0 {
            return [0.0; 4];
        }
        self.transforms(c64::new(self.base, 0.0))
            .map(|transform| self.base * transform.re)
    }

    /// `1 - df1/N` at `kappa = kappa(0) + offset`, without cancellation near kappa(0):
    /// `s(kappa(0)) + (offset/N) sum lambda/((lambda + kappa)(lambda + kappa(0)))`.
    fn survival(&self, offset: c64) -> c64 {
        let kappa = self.base + offset;
        let risen = |l: &f64| l / ((l + kappa) * (l + self.base));
        let sum: c64 = self.eigenvalues.iter().map(risen).sum();
        let missing = (1.0 - self.eigenvalues.len() as f64 / self.samples).max(0.0);
        offset * sum / self.samples + missing
    }

    /// A root near the beginning of the contour: near kappa(0) the equation is quadratic.
    fn first(&self, z: c64) -> c64 {
        let rank = self.eigenvalues.len() as f64;
        let squares = |l: &f64| l / ((l + self.base) * (l + self.base));
        let slope = self.eigenvalues.iter().map(squares).sum::<f64>() / self.samples;
        // (base + offset) (missing + offset slope) = z
        let linear = (1.0 - rank / self.samples).max(0.0) + self.base * slope;
        2.0 * z / (linear + (linear * linear + 4.0 * slope * z).sqrt())
    }

    /// Newton's iteration for `kappa (1 - df1/N) = z`. The result is `kappa - kappa(0)`.
    fn root(&self, z: c64, start: c64) -> Result<c64, TheoryError> {
        let (mut offset, mut before) = (start, f64::INFINITY);
        for _ in 0..100 {
            let kappa = self.base + offset;
            let survival = self.survival(offset);
            let squares = |l: &f64| {
                let inverse = 1.0 / (l + kappa);
                inverse * inverse * *l
            };
            let slope = self.eigenvalues.iter().map(squares).sum::<c64>() / self.samples;
            let step = (kappa * survival - z) / (survival + kappa * slope);
            offset -= step;
            // The step goes down to rounding, which is larger where dz/dkappa is near 0.
            let size = step.norm() / offset.norm();
            if size <= 1e-15 || (size <= 1e-9 && size >= 0.5 * before) {
                return Ok(offset);
            }
            before = size;
        }
        Err(TheoryError::Contour { count: f64::NAN })
    }
}

/// The right edge of the spectrum of `Sigma_N`: `-kappa (1 - df1/N)` at the root `kappa < -lambda_max` of `df2 = N`.
fn right_edge(eigenvalues: &[f64], samples: f64) -> f64 {
    let largest = eigenvalues[0];
    let squares = |x: f64| {
        let term = |l: &f64| (l / (largest - l + x)).powi(2);
        eigenvalues.iter().map(term).sum::<f64>()
    };
    // df2 falls in x = -kappa - lambda_max.
    let (mut low, mut high) = (largest * 1e-12, largest * 1e12);
    for _ in 0..200 {
        let middle = (low * high).sqrt();
        if squares(middle) > samples {
            low = middle
        } else {
            high = middle
        }
    }
    let x = high;
    let shrinkage = |l: &f64| l / (l - largest - x);
    let df1: f64 = eigenvalues.iter().map(shrinkage).sum();
    (largest + x) * (1.0 - df1 / samples)
}

impl Ensemble<'_> {
    /// The density of the eigenvalues of `Sigma_N` at the points s > 0, without the atom at 0. Its integral is 1
    /// minus the atom. It is `(1/pi) Im m(-s - i 0)`, approached from above in ever smaller steps.
    ///
    /// # Errors
    /// No root at some point; rows with weights.
    pub fn spectral_density(&self, points: &[f64]) -> Result<Vec<f64>, TheoryError> {
        if self.row_weights().is_some() {
            return Err(TheoryError::Unsupported {
                what: "the spectral density",
                needs: "Gaussian rows",
            });
        }
        let contour = Contour::new(self);
        let at = |&s: &f64| {
            let mut height = 4.0 * contour.high;
            let mut offset = c64::new(-s, -height);
            while height > 1e-9 * s.max(1e-3 * contour.high) {
                offset = contour.root(c64::new(-s, -height), offset)?;
                height *= 0.5;
            }
            let m = contour.transforms(contour.base + offset)[0] / contour.survival(offset);
            // The atom is left out: at any height above the axis its tail would count.
            let rest = m + contour.positive_atoms()[0] / c64::new(s, 2.0 * height);
            Ok((rest.im / PI).max(0.0))
        };
        points.iter().map(at).collect()
    }

    /// The eigenvalues above 0 of a typical `Sigma_N`, smallest first: quantiles of the spectral density.
    pub fn typical_eigenvalues(&self) -> Result<Vec<f64>, TheoryError> {
        const POINTS: usize = 3000;
        // Number of e-folds below the least eigenvalue of the truth; near N = d the density rises there as an inverse
        // root.
        const BELOW: f64 = 10.0;
        let (atom, edge) = self.spectral_edges();
        let positive = self.spectrum().positive();
        let depth = (edge / positive[positive.len() - 1]).ln().max(0.0) + BELOW;
        let count = ((1.0 - atom) * self.dim() as f64).round() as usize;
        let fraction = |i: usize| i as f64 / (POINTS - 1) as f64;
        let points: Vec<f64> = (0..POINTS)
            .map(|i| edge * (depth * (fraction(i) - 1.0)).exp())
            .collect();
        let density = self.spectral_density(&points)?;
        let mut below = vec![0.0];
        for i in 1..POINTS {
            let area = (points[i] - points[i - 1]) * (density[i] + density[i - 1]) / 2.0;
            below.push(below[i - 1] + area);
        }
        let total = below[POINTS - 1];
        let quantile = |k: usize| {
            let wanted = total * (k as f64 + 0.5) / count as f64;
            let i = below.partition_point(|&b| b < wanted).clamp(1, POINTS - 1);
            let part = (wanted - below[i - 1]) / (below[i] - below[i - 1]);
            points[i - 1] + part.clamp(0.0, 1.0) * (points[i] - points[i - 1])
        };
        Ok((0..count).map(quantile).collect())
    }

    /// V, the right end of every lens.
    pub(super) fn lens_top(&self) -> f64 {
        ends(self).1
    }

    /// The share of the eigenvalues of `Sigma_N` that are 0, and the right edge of the others.
    pub fn spectral_edges(&self) -> (f64, f64) {
        let atom = (1.0 - self.degrees() / self.dim() as f64)
            .max(1.0 - self.spectrum().rank() as f64 / self.dim() as f64)
            .max(0.0);
        (atom, self.lens_top() / BEYOND)
    }
}
