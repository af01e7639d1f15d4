//! Is it this target that the network predicts?
//!
//! Any target is a combination of any other and `x_t`. A prediction f of the right target cannot be improved much by
//! `a f + b x_t` with two numbers a and b for all draws of a level; read as another target, it can.

use super::levels::LevelDraws;
use super::{ProbeError, Question};
use crate::config::{Named, Target};

/// How much more another target must be improved for the given one to be the wrong one.
const FAR: f64 = 1.5;

/// # Errors
/// The predictions are of another target.
pub(super) fn check(
    question: &Question,
    levels: &[LevelDraws],
    row: &[usize],
) -> Result<(), ProbeError> {
    let improved = |target: Target| {
        let of_level = |level| improvement(question, level, row, target).ln();
        (levels.iter().map(of_level).sum::<f64>() / levels.len() as f64).exp()
    };
    let (given, given_times) = (question.target, improved(question.target));
    let all = Target::NAMES.iter().map(|(_, target)| *target);
    let others = all.filter(|target| *target != given);
    let best = others
        .map(|target| (target, improved(target)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((other, other_times)) if given_times > FAR * other_times => Err(ProbeError::Target {
            given: given.name(),
            given_times,
            other: other.name(),
            other_times,
        }),
        _ => Ok(()),
    }
}

/// The squared error of the predictions, over that of the best `a f + b x_t`.
fn improvement(question: &Question, level: &LevelDraws, row: &[usize], target: Target) -> f64 {
    let (arrays, clean) = (&question.arrays, &question.clean);
    let parts = target.parts(&level.level);
    let (signal, noise) = (level.level.signal_scale(), level.level.noise_scale());
    let [mut xx, mut xf, mut ff, mut xe, mut fe, mut ee] = [0.0; 6];
    for &draw in &level.draws {
        let clean = clean.row(row[draw]).iter();
        let numbers = clean
            .zip(arrays.x_t.row(draw))
            .zip(arrays.prediction.row(draw));
        for ((x0, x), f) in numbers {
            let e = parts.noise * (x - signal * x0) / noise + parts.data * x0 - f;
            xx += x * x;
            xf += x * f;
            ff += f * f;
            xe += x * e;
            fe += f * e;
            ee += e * e;
        }
    }
    // The part of f that is no multiple of x_t, and the error that it and x_t explain.
    let own = ff - xf * xf / xx;
    let by_own = fe - xf / xx * xe;
    let explained = xe * xe / xx
        + if own > 1e-9 * ff {
            by_own * by_own / own
        } else {
            0.0
        };
    let left = (ee - explained).max(f64::EPSILON * ee);
    if ee > 0.0 { ee / left } else { 1.0 }
}
