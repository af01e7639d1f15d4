//! Numbers as people read them.

/// A number to four decimals, or in powers of ten where four decimals would show nothing. Infinities are `inf` and
/// `-inf`; a missing number is `-`.
pub fn number(value: impl Into<Option<f64>>) -> String {
    match value.into() {
        None => "-".to_owned(),
        Some(v) if v.is_infinite() => if v > 0.0 { "inf" } else { "-inf" }.to_owned(),
        Some(v) if v != 0.0 && !(1e-3..1e5).contains(&v.abs()) => format!("{v:.3e}"),
        Some(v) => format!("{v:.4}"),
    }
}
