//! What the averages over training sets are beyond the equivalents: the corrections of relative order 1/d.

use super::numeric::spectral_sums;
use super::variation::log_open;
use super::{EffectiveRidge, Ensemble};

/// Averages over training sets minus their equivalents: of `log det(Sigma_N + z)` and of traces of the resolvent
/// `G = (Sigma_N + z)^-1`, totals. N_0 is N, or N - 1 with a fitted mean; h = N_0/N; s = z/kappa; p = 1/(lambda + kappa).
///
/// ```text
/// log det:        -1/2 log(h kappa')
/// tr G:           kappa'^2 w                                    w = (1/N) sum lambda^2 p^3
/// tr G^2:         kappa'^3 (4 kappa' w^2 + 3 x)                 x = (1/N) sum lambda^2 p^4
/// tr Sigma G:     h kappa'^2 u/(N s)                            u = df3 - df2^2/N_0,  df3 = sum (lambda p)^3
/// tr Sigma G^2:   h kappa'^3/(N s) [ 3 y - 4 df2 w/h + u (4 kappa' w + slope/s) ]     y = sum lambda^3 p^4
/// ```
///
/// They are the derivatives of `1/2 log(1 - (1/N) sum lambda^2 p^2)` of [`Ensemble::loss_fluctuations`]; these forms are
/// those of Gaussian rows. Past the paper.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corrections {
    pub log_det: f64,
    pub resolvent: f64,
    pub square: f64,
    pub weighted: f64,
    pub weighted_square: f64,
}

impl Corrections {
    /// Derivatives of `1/2 log(1 - gA gB)`.
    fn of_rows_with_weights(ensemble: &Ensemble<'_>, at: &EffectiveRidge) -> Self {
        let [log_det, by_z, by_t, by_zz, by_tz] = log_open(ensemble, at);
        Self {
            log_det: log_det / 2.0,
            resolvent: by_z / 2.0,
            square: -by_zz,
            weighted: by_t / 2.0,
            weighted_square: -by_tz / 2.0,
        }
    }
}

impl Ensemble<'_> {
    pub(super) fn corrections(&self, at: &EffectiveRidge) -> Corrections {
        if self.row_weights().is_some() {
            return Corrections::of_rows_with_weights(self, at);
        }
        let (k, survival) = (at.derivative, at.survival);
        let (samples, shrink) = (self.samples(), self.shrink());
        let [df3, w, x, y] = spectral_sums(self.spectrum(), |lambda| {
            let p = 1.0 / (lambda + at.kappa);
            let square = (lambda * p) * (lambda * p);
            let cube = square * (lambda * p);
            [cube, square * p, square * p * p, cube * p]
        });
        let (w, x) = (w / samples, x / samples);
        let u = df3 - at.df2 * at.df2 / self.degrees();
        let scale = shrink * k * k / (samples * survival);
        let steepness = 4.0 * k * w + at.slope / survival;
        Corrections {
            log_det: -0.5 * (shrink * k).ln(),
            resolvent: k * k * w,
            square: k.powi(3) * (4.0 * k * w * w + 3.0 * x),
            weighted: scale * u,
            weighted_square: k * scale * (3.0 * y - 4.0 * at.df2 * w / shrink + u * steepness),
        }
    }

    /// `value >= 0` with its correction, and how far off the sum may be: the square of the relative correction, and of
    /// 1/d or 1/N, whichever is more. Where the correction is more than half of the value no further order is small;
    /// it is bent so that it stays below the value.
    pub(super) fn corrected(&self, value: f64, correction: f64) -> (f64, f64) {
        const SMALL: f64 = 0.5;
        let few = self.degrees().min(self.spectrum().rank() as f64);
        if value == 0.0 {
            return (correction, correction.abs());
        }
        let share = correction / value;
        let remainder = value.abs() * (share * share + 1.0 / (few * few));
        if share.abs() > SMALL {
            let beyond = (share.abs() - SMALL) / (1.0 - SMALL);
            let bent = SMALL + (1.0 - SMALL) * beyond.tanh();
            (value * (1.0 + bent.copysign(share)), remainder)
        } else {
            (value + correction, remainder)
        }
    }
}
