//! Many standard normals at once.

use std::f64::consts::{FRAC_PI_2, LN_2, SQRT_2};

use pulp::{Arch, NullaryFnOnce};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The number of pairs that are made together.
const PAIRS: usize = 128;
/// The bits of a word that give the length of a pair; the other bits give its direction.
const RADIUS_BITS: u32 = 40;
const ANGLE_BITS: u32 = 64 - RADIUS_BITS;

/// Fills `out` with independent standard normals by Box and Muller's transform. Each word of 64 bits gives a pair
///
/// ```text
/// sqrt(-2 ln u) (cos a, sin a),     u = (k + 1/2)/2^40,  k the upper 40 bits,  a uniform on a grid of 2^24 angles
/// ```
///
/// The longest pair has length 7.5 (a normal is longer once in 10^13), the shortest 1e-6. The result depends only on
/// the position of the generator and the number of normals. For an odd number the partner of the last one is dropped.
///
/// The other generator of normals, `rand_distr::StandardNormal`, serves where few numbers are drawn.
pub fn fill_normal(rng: &mut ChaCha8Rng, out: &mut [f64]) {
    let arch = Arch::new();
    let mut words = [0; 8 * PAIRS];
    for part in out.chunks_mut(2 * PAIRS) {
        let words = &mut words[..8 * part.len().div_ceil(2)];
        rng.fill_bytes(words);
        let (words, _) = words.as_chunks();
        arch.dispatch(Transform { words, out: part });
    }
}

/// Writes the first numbers of the pairs into the first half of `out`, the second ones into the other half.
///
/// It is compiled for each set of vector instructions; the processor decides which version runs.
struct Transform<'a> {
    words: &'a [[u8; 8]],
    out: &'a mut [f64],
}

impl NullaryFnOnce for Transform<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (first, second) = self.out.split_at_mut(self.words.len());
        let mut seconds = [0.0; PAIRS];
        for ((word, first), second) in self.words.iter().zip(first).zip(&mut seconds) {
            (*first, *second) = pair(u64::from_le_bytes(*word));
        }
        let count = second.len();
        second.copy_from_slice(&seconds[..count]);
    }
}

/// One pair, without a branch or a call, so that the compiler can vectorise it.
#[inline(always)]
fn pair(word: u64) -> (f64, f64) {
    // A number from 1 to 2 whose fraction is k, minus 1: exact.
    let unit = f64::from_bits(ONE_BITS | (word >> ANGLE_BITS) << (52 - RADIUS_BITS)) - 1.0;
    let half = 1.0 / (1u64 << (RADIUS_BITS + 1)) as f64;
    let radius = (-2.0 * ln(unit + half)).sqrt();
    let angle = word & ((1 << ANGLE_BITS) - 1);
    let quarter = angle >> (ANGLE_BITS - 2);
    // From -pi/4 to pi/4.
    let within = (angle << (52 - (ANGLE_BITS - 2))) & FRACTION;
    let within = f64::from_bits(ONE_BITS | within) - 1.0;
    let half = 1.0 / (1u64 << (ANGLE_BITS - 1)) as f64;
    let (cos, sin) = cos_sin(FRAC_PI_2 * (within + half - 0.5));
    let swapped = quarter & 1 == 1;
    let (x, y) = if swapped { (sin, cos) } else { (cos, sin) };
    let signed = |value: f64, negative: bool| if negative { -value } else { value };
    // Quarter turns of (cos, sin): (-sin, cos), (-cos, -sin), (sin, -cos).
    let x = signed(x, quarter == 1 || quarter == 2);
    let y = signed(y, quarter >= 2);
    (radius * x, radius * y)
}

const ONE_BITS: u64 = 0x3FF0_0000_0000_0000;
const FRACTION: u64 = (1 << 52) - 1;

/// `ln x` of a normal number x > 0, to rounding: of `x = 2^e m`, with m near 1, `e ln 2 + 2 atanh((m - 1)/(m + 1))`.
#[inline(always)]
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) as i32 - 1023) as f64;
    let mantissa = f64::from_bits(bits & FRACTION | ONE_BITS);
    let large = mantissa > SQRT_2;
    let exponent = if large { exponent + 1.0 } else { exponent };
    let mantissa = if large { 0.5 * mantissa } else { mantissa };
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let series = polynomial(z, ATANH);
    exponent * LN_2 + 2.0 * (s + s * z * series)
}

/// `cos x` and `sin x` for `|x| <= pi/4`, to rounding.
#[inline(always)]
fn cos_sin(x: f64) -> (f64, f64) {
    let z = x * x;
    (1.0 + z * polynomial(z, COS), x + x * z * polynomial(z, SIN))
}

/// `1/3, 1/5, ...`: of `atanh s = s + s^3/3 + ...` all but the first term, over `s^3`.
const ATANH: [f64; 9] = {
    let mut terms = [0.0; 9];
    let mut k = 0;
    while k < 9 {
        terms[k] = 1.0 / (2 * k + 3) as f64;
        k += 1;
    }
    terms
};
/// `-1/2!, 1/4!, ...`
const COS: [f64; 8] = alternating(2);
/// `-1/3!, 1/5!, ...`
const SIN: [f64; 8] = alternating(3);

/// `-1/first!, 1/(first + 2)!, -1/(first + 4)!, ...`
const fn alternating(first: usize) -> [f64; 8] {
    let mut terms = [0.0; 8];
    let mut factorial = if first == 2 { 2.0 } else { 6.0 };
    let mut sign = -1.0;
    let mut k = 0;
    while k < 8 {
        terms[k] = sign / factorial;
        let n = (first + 2 * k) as f64;
        factorial *= (n + 1.0) * (n + 2.0);
        sign = -sign;
        k += 1;
    }
    terms
}

/// `c_0 + c_1 x + c_2 x^2 + ...`
#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = coefficients[N - 1];
    let mut k = N - 1;
    while k > 0 {
        k -= 1;
        sum = sum * x + coefficients[k];
    }
    sum
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Normal};
    use statrs::function::erf::erfc;

    use super::*;
    use crate::random::{Purpose, stream};
    use crate::text::statistics::worst;

    #[test]
    fn a_pair_is_box_and_mullers_of_its_word_to_rounding() {
        let mut rng = stream(1, Purpose::Sampling, 0);
        let ends = [0, u64::MAX, 1 << 24, (1 << 24) - 1, u64::MAX << 24];
        for word in (0..100_000).map(|_| rng.next_u64()).chain(ends) {
            let u = ((word >> 24) as f64 + 0.5) / 2f64.powi(40);
            let (quarter, rest) = ((word >> 22) & 3, word & ((1 << 22) - 1));
            let angle = FRAC_PI_2 * ((rest as f64 + 0.5) / 2f64.powi(22) - 0.5);
            let (sin, cos) = angle.sin_cos();
            let turned = [(cos, sin), (-sin, cos), (-cos, -sin), (sin, -cos)][quarter as usize];
            let radius = (-2.0 * u.ln()).sqrt();
            let (x, y) = pair(word);
            for (got, expected) in [(x, radius * turned.0), (y, radius * turned.1)] {
                let error = (got - expected).abs();
                assert!(error <= 1e-15 * radius, "{word:x}: {got} for {expected}");
            }
        }
    }

    #[test]
    fn an_odd_number_is_the_beginning_of_one_more() {
        let draw = |count: usize| {
            let mut out = vec![0.0; count];
            fill_normal(&mut stream(3, Purpose::Sampling, 0), &mut out);
            out
        };
        let (odd, even) = (draw(7), draw(8));
        assert_eq!(odd[..4], even[..4]);
        assert_eq!(odd[4..], even[4..7]);
    }

    /// Rule: 8 moments, 8 tails, 2 correlations and 1 distance, each at 1e-3/20.
    #[test]
    fn moments_tails_and_independence_are_those_of_a_normal() {
        const COUNT: usize = 4_000_000;
        let mut values = vec![0.0; COUNT];
        let mut rng = stream(7, Purpose::Sampling, 0);
        values
            .chunks_mut(200)
            .for_each(|row| fill_normal(&mut rng, row));
        let n = COUNT as f64;
        let normal = Normal::new(0.0, 1.0).unwrap();
        let bound = -normal.inverse_cdf(1e-3 / 20.0 / 2.0);
        let within = |what: &str, mean: f64, expected: f64, variance: f64| {
            let z = (mean - expected) / (variance / n).sqrt();
            assert!(
                z.abs() < bound,
                "{what}: {mean} for {expected}, {z} deviations"
            );
        };
        // E x^k is (k - 1)!! for even k, and its variance E x^2k - (E x^k)^2.
        let moment = |k: i32| match k % 2 {
            0 => (1..k).step_by(2).map(f64::from).product(),
            _ => 0.0,
        };
        for k in 1..=8 {
            let mean = values.iter().map(|x: &f64| x.powi(k)).sum::<f64>() / n;
            within(
                "a moment",
                mean,
                moment(k),
                moment(2 * k) - moment(k).powi(2),
            );
        }
        for limit in [1.0, 2.0, 3.0, 4.0] {
            let share = 0.5 * erfc(limit / SQRT_2);
            for sign in [-1.0, 1.0] {
                let beyond = values.iter().filter(|&&x| sign * x > limit).count() as f64 / n;
                within("a tail", beyond, share, share * (1.0 - share));
            }
        }
        // Neighbours, and the two numbers of a pair.
        for lag in [1, 100] {
            let products = values.windows(lag + 1).map(|w| w[0] * w[lag]);
            within("a correlation", products.sum::<f64>() / n, 0.0, 1.0);
        }
        values.sort_by(f64::total_cmp);
        let distance = values.iter().enumerate().map(|(i, &x)| {
            let cdf = normal.cdf(x);
            (cdf - i as f64 / n)
                .abs()
                .max((cdf - (i as f64 + 1.0) / n).abs())
        });
        // Kolmogorov: P(sqrt(n) D > x) is about 2 exp(-2 x^2).
        let largest = worst(distance) * n.sqrt();
        assert!(
            largest < (-(1e-3f64 / 20.0 / 2.0).ln() / 2.0).sqrt(),
            "{largest}"
        );
    }

    #[test]
    fn the_tail_reaches_as_far_as_is_said() {
        let (x, y) = pair(0);
        assert!((x.hypot(y) - 7.54).abs() < 0.01, "{}", x.hypot(y));
        let (x, y) = pair(u64::MAX);
        assert!(x.hypot(y) < 2e-6);
    }
}
