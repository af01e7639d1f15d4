//! Denoisers of points: any function of a noised vector, affine or not.

use faer::{Mat, MatRef, Scale};

use super::{AffineDenoiser, Denoiser};
use crate::diffusion::NoiseLevel;

/// A function `e_t(x)` that predicts the noise in `x_t = sqrt(ab_t) x_0 + sqrt(1 - ab_t) eps`, for every step of a
/// schedule: a network of any kind, or any other denoiser. Every affine [`Denoiser`] is one.
///
/// Samples can be drawn from it ([`draw_points`](crate::sampling::draw_points)), and its losses can be measured. Exact
/// losses and laws need an affine map: [`PointDenoiser::affine`] gives it, or says that there is none.
///
/// Two methods are enough for one of your own. This one knows that every clean number is 1 or -1:
///
/// ```
/// use std::ops::ControlFlow;
///
/// use faer::{Mat, MatRef};
/// use lindiff::config::SamplerKind;
/// use lindiff::denoiser::PointDenoiser;
/// use lindiff::diffusion::Schedule;
/// use lindiff::sampling::{DrawOptions, draw_points, rules};
///
/// struct Signs(Schedule);
///
/// impl PointDenoiser for Signs {
///     fn dim(&self) -> usize {
///         3
///     }
///
///     fn predicted_noise(&self, points: MatRef<'_, f64>, index: usize) -> Mat<f64> {
///         let step = self.0.step(index);
///         let (a, r) = (step.signal_scale(), step.noise_scale());
///         Mat::from_fn(points.nrows(), 3, |i, j| {
///             let x = points[(i, j)];
///             (x - a * (a * x / step.noise_variance).tanh()) / r
///         })
///     }
/// }
///
/// let schedule = Schedule::cosine(100)?;
/// let rules = rules(SamplerKind::Ddim, &schedule);
/// let options = DrawOptions { draws: 5, seed: 1 };
/// let draws = draw_points(&rules, &Signs(schedule), options, |_, _| ControlFlow::Continue(()));
/// let draws = draws.ok_or("stopped")?;
/// assert!(draws.values().iter().all(|x| (x.abs() - 1.0).abs() < 1e-3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait PointDenoiser: Sync {
    /// The data dimension d.
    fn dim(&self) -> usize;

    /// The predicted noise `[n, d]` of the points `x_t` `[n, d]` at the step `index`, from 0 (the least noise).
    fn predicted_noise(&self, points: MatRef<'_, f64>, index: usize) -> Mat<f64>;

    /// This denoiser as affine maps, from which exact losses and laws follow.
    ///
    /// # Errors
    /// It is not made of affine maps.
    fn affine(&self) -> Result<&dyn Denoiser, NotAffine> {
        Err(NotAffine)
    }
}

/// A denoiser that is not an affine map of its points was asked for what only affine maps have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this denoiser is not an affine map of its points, so its losses and the law of its samples have no exact form: \
     measure its losses, and draw samples"
)]
pub struct NotAffine;

impl<D: Denoiser> PointDenoiser for D {
    fn dim(&self) -> usize {
        Denoiser::dim(self)
    }

    /// `x W' + b`, row by row.
    fn predicted_noise(&self, points: MatRef<'_, f64>, index: usize) -> Mat<f64> {
        let AffineDenoiser { weight, bias } = self.at(index);
        let mut noise = points * weight.transpose();
        for (column, bias) in noise.col_iter_mut().zip(bias.iter()) {
            column.iter_mut().for_each(|e| *e += bias);
        }
        noise
    }

    fn affine(&self) -> Result<&dyn Denoiser, NotAffine> {
        Ok(self)
    }
}

/// The clean vectors that a predicted noise implies: `(x_t - sqrt(1 - ab) e)/sqrt(ab)`, all `[n, d]`.
pub fn clean_vectors(
    points: MatRef<'_, f64>,
    noise: MatRef<'_, f64>,
    level: &NoiseLevel,
) -> Mat<f64> {
    Scale(1.0 / level.signal_scale()) * (points - Scale(level.noise_scale()) * noise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denoiser::CommutingDenoiser;
    use crate::diffusion::Schedule;
    use crate::gaussian::Gaussian;
    use faer::{Col, mat};

    #[test]
    fn an_affine_denoiser_predicts_its_map_of_each_point() {
        let schedule = Schedule::linear(3, 0.1, 0.3).unwrap();
        let covariance = mat![[2.0, 0.5], [0.5, 1.0]];
        let mean = Col::from_fn(2, |i| i as f64 - 0.25);
        let law = Gaussian::from_covariance(mean, covariance.as_ref()).unwrap();
        let optimum = CommutingDenoiser::optimum(&law, &schedule, |_| 0.0);
        let points = mat![[1.0, -2.0], [0.3, 0.4], [5.0, 6.0]];
        let noise = optimum.predicted_noise(points.as_ref(), 1);
        let AffineDenoiser { weight, bias } = optimum.at(1);
        for i in 0..3 {
            let expected = &weight * points.row(i).transpose() + &bias;
            let error = expected.transpose() - noise.row(i);
            assert!(error.norm_l2() < 1e-15, "{error:?}");
        }
        assert!(optimum.affine().is_ok());
    }

    #[test]
    fn the_noise_that_was_added_gives_the_clean_vectors_back() {
        let level = NoiseLevel::from_alpha_bar(0.3).unwrap();
        let (clean, noise) = (mat![[1.0, -2.0], [0.5, 3.0]], mat![[0.1, 0.2], [-1.0, 2.0]]);
        let points = Scale(level.signal_scale()) * &clean + Scale(level.noise_scale()) * &noise;
        let back = clean_vectors(points.as_ref(), noise.as_ref(), &level);
        assert!((back - clean).norm_max() < 1e-15);
    }
}
