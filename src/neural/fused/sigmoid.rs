//! The logistic function of many numbers.

/// `1/(1 + exp(-x))` to rounding (beyond `|x| = 708` the value there), without a branch or a call, so that the compiler
/// can vectorise it.
#[inline(always)]
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp((-x).clamp(-708.0, 708.0)))
}

/// `exp x` for `|x| <= 708`: `2^k exp(x - k ln 2)`, with k the integer nearest to `x/ln 2`.
#[inline(always)]
fn exp(x: f64) -> f64 {
    /// Added to a number, it leaves the nearest integer in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts, the first with zeros at its end, so that k times it is exact.
    const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2[0]) - k * LN_2[1];
    let mut sum = TAYLOR[TAYLOR.len() - 1];
    let mut n = TAYLOR.len() - 1;
    while n > 0 {
        n -= 1;
        sum = sum * r + TAYLOR[n];
    }
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    sum * power
}

/// `1/0!, 1/1!, ...`: at `|r| <= ln 2/2` the rest is below 1e-17.
const TAYLOR: [f64; 14] = {
    let mut terms = [1.0; 14];
    let mut n = 1;
    while n < terms.len() {
        terms[n] = terms[n - 1] / n as f64;
        n += 1;
    }
    terms
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logistic_function_is_that_of_the_standard_library_to_rounding() {
        for k in -80_000..80_000 {
            let x = f64::from(k) * 0.01;
            let expected = 1.0 / (1.0 + (-x).exp());
            let error = (sigmoid(x) - expected).abs();
            // Below x = -708 it stays at 3e-308.
            let within = 1e-15 * expected + 4e-308;
            assert!(error <= within, "{x}: off by {error:e}");
        }
    }
}
