//! Functions of the empirical covariance, by Cauchy's formula.

use std::f64::consts::PI;

use faer::c64;

/// How far the lens reaches beyond the right edge of the spectrum.
pub(super) const BEYOND: f64 = 1.001;
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
