//! The root of an increasing function.

/// The most Newton steps, each within a bracket.
const MAX_STEPS: usize = 300;
/// The largest change of `log e` in one step.
const LONGEST: f64 = 40.0;

/// The root of an increasing function, which is given with its derivative: Newton's steps within a bracket.
pub(super) fn increasing_root(start: f64, f: impl Fn(f64) -> (f64, f64)) -> Option<f64> {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let (mut x, mut before) = (start, f64::INFINITY);
    for _ in 0..MAX_STEPS {
        let (value, slope) = f(x);
        if value.is_nan() {
            return None;
        }
        if value > 0.0 {
            high = high.min(x);
        } else {
            low = low.max(x);
        }
        let newton = (-value / slope).clamp(-LONGEST, LONGEST);
        let mut next = x + newton;
        if !(next > low && next < high) && newton.abs() > 1e-12 {
            next = 0.5 * (low + high);
        }
        let step = (next - x).abs();
        // Newton's next step is of the order of the square of this one.
        if step < 1e-8 || (step < 1e-6 && step >= before) {
            return Some(next);
        }
        (x, before) = (next, step);
    }
    None
}
