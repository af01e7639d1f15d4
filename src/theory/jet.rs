//! Truncated Taylor series: exact derivatives without differences.

use std::ops::{Add, Mul, Sub};

/// A function of small x and y up to second order, as the coefficients of `1, x, y, x^2, x y` in this order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Jet(pub [f64; 5]);

/// The exponents of x and y of each coefficient.
const MONOMIALS: [(u8, u8); 5] = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1)];

/// The product of two monomials, if it is kept.
fn product(i: usize, j: usize) -> Option<usize> {
    let (a, b) = (MONOMIALS[i], MONOMIALS[j]);
    MONOMIALS.iter().position(|m| *m == (a.0 + b.0, a.1 + b.1))
}

impl Jet {
    pub fn constant(value: f64) -> Self {
        Self([value, 0.0, 0.0, 0.0, 0.0])
    }

    /// `f(self)` of a function of one variable, given by its Taylor coefficients at the constant part.
    pub fn into_taylor(self, [value, slope, half_bend]: [f64; 3]) -> Self {
        let small = self - Self::constant(self.0[0]);
        let linear = Self::constant(slope) * small;
        Self::constant(value) + linear + Self::constant(half_bend) * small * small
    }

    /// `log self`
    pub fn logarithm(self) -> Self {
        let inverse = 1.0 / self.0[0];
        self.into_taylor([self.0[0].ln(), inverse, -0.5 * inverse * inverse])
    }

    /// `1/self`: `1/(a + h) = (1/a) sum (-h/a)^n`, where h has no constant part.
    pub fn inverse(self) -> Self {
        let a = self.0[0];
        let small = (self - Self::constant(a)) * Self::constant(-1.0 / a);
        (Self::constant(1.0) + small + small * small) * Self::constant(1.0 / a)
    }
}

impl Add for Jet {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
}

impl Sub for Jet {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - other.0[i]))
    }
}

impl Mul for Jet {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let mut coefficients = [0.0; 5];
        for i in 0..5 {
            for j in 0..5 {
                if let Some(k) = product(i, j) {
                    coefficients[k] += self.0[i] * other.0[j];
                }
            }
        }
        Self(coefficients)
    }
}

/// A function of two such pairs of variables: `[i][j]` is the coefficient of monomial i of the first times j of the
/// second.
#[derive(Debug, Clone, Copy)]
pub(super) struct JetPair(pub [[f64; 5]; 5]);

impl JetPair {
    /// `log self` with `self = a (1 + h)`: the series in h, up to its fourth power. The fifth has no monomial that is
    /// kept.
    pub fn logarithm(self) -> Self {
        let a = self.0[0][0];
        let mut small = self.0.map(|row| row.map(|value| value / a));
        small[0][0] = 0.0;
        let small = Self(small);
        let (mut power, mut total) = (small, [[0.0; 5]; 5]);
        for n in 1..=4 {
            let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
            for (row, values) in total.iter_mut().zip(power.0) {
                for (sum, value) in row.iter_mut().zip(values) {
                    *sum += sign * value / f64::from(n);
                }
            }
            power = power.times(&small);
        }
        total[0][0] = a.ln();
        Self(total)
    }

    /// The product with another function of the two pairs.
    pub fn times(&self, other: &Self) -> Self {
        let mut coefficients = [[0.0; 5]; 5];
        for (i, k) in pairs() {
            for (j, l) in pairs() {
                if let (Some(first), Some(second)) = (product(i, k), product(j, l)) {
                    coefficients[first][second] += self.0[i][j] * other.0[k][l];
                }
            }
        }
        Self(coefficients)
    }
}

fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..5).flat_map(|i| (0..5).map(move |j| (i, j)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn an_inverse_times_the_jet_is_one() {
        let jet = Jet([2.0, 0.3, -0.7, 0.1, 1.1]);
        let one = jet * jet.inverse();
        for (got, wanted) in one.0.iter().zip(Jet::constant(1.0).0) {
            assert_relative_eq!(*got, wanted, epsilon = 1e-15);
        }
    }

    #[test]
    fn the_logarithm_of_a_product_of_two_functions_is_the_sum_of_theirs() {
        // a(x, y) = 1 + x + x^2/2 + ... = e^x, b = e^(2 y' + ...): log(a b) = x + log b
        let a = [1.0, 1.0, 0.0, 0.5, 0.0];
        let b = [3.0, 0.6, 0.3, 0.2, 0.5];
        let pair = JetPair(a.map(|first| b.map(|second| first * second))).logarithm();
        let small: [f64; 5] = b.map(|value| value / 3.0);
        // log(1 + h), h = small without its constant: h - h^2/2
        let log = [
            3f64.ln(),
            small[1],
            small[2],
            small[3] - small[1] * small[1] / 2.0,
            small[4] - small[1] * small[2],
        ];
        for (got, wanted) in pair.0[0].iter().zip(log) {
            assert_relative_eq!(*got, wanted, epsilon = 1e-14);
        }
        assert_relative_eq!(pair.0[1][0], 1.0, epsilon = 1e-14);
        for (i, j) in [(3, 0), (1, 1), (3, 3), (4, 4), (1, 4)] {
            assert_relative_eq!(pair.0[i][j], 0.0, epsilon = 1e-14);
        }
    }
}
