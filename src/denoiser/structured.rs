//! Linear denoisers of images that are local, or the same everywhere.

use super::fourier::Fourier;
use super::local::Local;
use super::structure::{Structure, StructureError};
use super::{AffineDenoiser, CommutingDenoiser, Denoiser, InEigenbasis, Law, StepLosses};
use crate::diffusion::{Schedule, Step};
use crate::gaussian::Gaussian;

/// The best linear denoiser with a [`Structure`], in closed form from a mean m and a covariance C:
///
/// ```text
/// local       W_iP = r [(ab C + (1 - ab + gamma) I)_PP^-1]_i    for each pixel i and its patch P, else 0
/// circulant   W = r F diag(1/(ab s + 1 - ab + gamma)) F',   s = the mean of diag(F' C F) in each mode of F
/// ```
///
/// and `b = -sqrt(ab) W m`, with `r = sqrt(1 - ab)` and F the [`Fourier`] basis. Both minimise the loss of the predicted
/// noise plus `gamma ||W||^2` among the linear maps of their structure. They are affine [`Denoiser`]s, so every sampler
/// and every exact law takes them. With few rows and little noise they are better than the full matrix, which has to
/// learn from its rows that far pixels do not help. Past the paper ([`equations`](crate::equations) section 10).
///
/// ```
/// use lindiff::config::{DataConfig, Draw, Source};
/// use lindiff::data::pixels;
/// use lindiff::denoiser::{CommutingDenoiser, Denoiser, Structure, Structured, mean};
/// use lindiff::diffusion::Schedule;
///
/// let data = DataConfig::new(Source::digits(), 50).draw(Draw::Rows);
/// let laws = pixels(&data, 1, 1)?.laws;
/// let schedule = Schedule::from_alpha_bar(&[0.96])?;
/// let structure = Structure::Local { patch: 3, image: [8, 8] };
/// let local = Structured::optimum(structure, &laws.train.law()?, &schedule, |_| 0.0)?;
/// let full = CommutingDenoiser::optimum(&laws.train.law()?, &schedule, |_| 0.0);
/// let test = laws.test.ok_or("the other rows")?;
/// let loss = |denoiser: &dyn Denoiser| {
///     mean(&denoiser.losses(&schedule, &[(&test.mean, test.covariance.as_ref())])[0])
/// };
/// assert!(loss(&local) < 0.6 * loss(&full));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Structured(Form);

#[derive(Debug, Clone)]
enum Form {
    Local(Local),
    Circulant(CommutingDenoiser),
}

impl Structured {
    /// The optimum on a law, with a ridge `gamma_t` for each step.
    ///
    /// # Errors
    /// A structure that does not fit the law; a law that is not finite.
    pub fn optimum(
        structure: Structure,
        law: &Gaussian,
        schedule: &Schedule,
        ridge: impl Fn(&Step) -> f64,
    ) -> Result<Self, StructureError> {
        if !law.is_finite() {
            return Err(StructureError::NotFinite);
        }
        structure.check(law.dim())?;
        let form = match structure {
            Structure::Local { patch, image } => {
                Form::Local(Local::optimum(patch, image, law, schedule, ridge))
            }
            Structure::Circulant { image } => {
                let law = circulant_law(law, image)?;
                Form::Circulant(CommutingDenoiser::optimum(&law, schedule, ridge))
            }
        };
        Ok(Self(form))
    }

    fn denoiser(&self) -> &dyn Denoiser {
        match &self.0 {
            Form::Local(local) => local,
            Form::Circulant(circulant) => circulant,
        }
    }
}

impl Denoiser for Structured {
    fn dim(&self) -> usize {
        self.denoiser().dim()
    }

    fn at(&self, index: usize) -> AffineDenoiser {
        self.denoiser().at(index)
    }

    fn in_eigenbasis(&self) -> Option<InEigenbasis<'_>> {
        self.denoiser().in_eigenbasis()
    }

    fn losses(&self, schedule: &Schedule, laws: &[Law<'_>]) -> Vec<StepLosses> {
        self.denoiser().losses(schedule, laws)
    }
}

/// The Gaussian with the same mean whose covariance is the nearest one that all cyclic shifts of the image leave as it
/// is: the mean of the covariances of all shifted images.
///
/// # Errors
/// An image with another number of pixels.
pub fn circulant_law(law: &Gaussian, image: [usize; 2]) -> Result<Gaussian, StructureError> {
    Structure::Circulant { image }.check(law.dim())?;
    let fourier = Fourier::new(image)?;
    let powers = fourier.powers(law.covariance().as_ref());
    let (mean, basis) = (law.mean().clone(), fourier.basis().to_owned());
    Ok(Gaussian::from_spectral(mean, basis, powers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denoiser::mean;
    use crate::random::{Purpose, fill_normal, stream};
    use faer::MatRef;
    use faer::linalg::solvers::SolveLstsq;
    use faer::{Col, Mat};

    const IMAGE: [usize; 2] = [3, 4];
    const DIM: usize = 12;

    /// Rows `[40, 12]` that are correlated, about a mean.
    fn rows() -> Mat<f64> {
        let mut values = vec![0.0; 40 * DIM];
        fill_normal(&mut stream(1, Purpose::Data, 0), &mut values);
        let value = |i: usize, j: usize| values[i * DIM + j];
        Mat::from_fn(40, DIM, |i, j| {
            0.3 * j as f64 + value(i, j) + 0.8 * value(i, (j + 1) % DIM)
                - 0.5 * value(i, (j + 4) % DIM)
        })
    }

    fn moments(rows: MatRef<'_, f64>) -> (Col<f64>, Mat<f64>) {
        let count = rows.nrows() as f64;
        let mean = Col::from_fn(rows.ncols(), |j| rows.col(j).sum() / count);
        let centred = Mat::from_fn(rows.nrows(), rows.ncols(), |i, j| rows[(i, j)] - mean[j]);
        let covariance = centred.transpose() * &centred * faer::Scale(1.0 / count);
        (mean, covariance)
    }

    fn law() -> Gaussian {
        let (mean, covariance) = moments(rows().as_ref());
        Gaussian::from_covariance(mean, covariance.as_ref()).unwrap()
    }

    fn schedule() -> Schedule {
        Schedule::from_alpha_bar(&[0.9, 0.4]).unwrap()
    }

    fn optimum(structure: Structure, ridge: f64) -> Structured {
        Structured::optimum(structure, &law(), &schedule(), |_| ridge).unwrap()
    }

    /// The noise of every component is told from the patch: rows of `sqrt(ab) (x - m)` and of `sqrt(1 - ab) N e_j`, with
    /// the noise as target, have the second moments of data and noise exactly.
    #[test]
    fn a_local_filter_is_the_least_squares_fit_on_its_patch() {
        let rows = rows();
        let (mean, _) = moments(rows.as_ref());
        let ridge: f64 = 0.07;
        let local = optimum(
            Structure::Local {
                patch: 3,
                image: IMAGE,
            },
            ridge,
        );
        for (index, step) in schedule().iter().enumerate() {
            let AffineDenoiser { weight, bias } = local.at(index);
            for pixel in 0..DIM {
                let (y, x) = (pixel / 4, pixel % 4);
                let near =
                    |other: &usize| (other / 4).abs_diff(y) <= 1 && (other % 4).abs_diff(x) <= 1;
                let patch: Vec<usize> = (0..DIM).filter(near).collect();
                let per_row = 40f64.sqrt();
                let design = Mat::from_fn(40 + 2 * DIM, patch.len(), |i, k| {
                    let at = patch[k];
                    let unit = |i: usize| if i == at { per_row } else { 0.0 };
                    match i {
                        0..40 => step.signal_scale() * (rows[(i, at)] - mean[at]),
                        40..52 => step.noise_scale() * unit(i - 40),
                        _ => ridge.sqrt() * unit(i - 52),
                    }
                });
                let target =
                    Mat::from_fn(
                        40 + 2 * DIM,
                        1,
                        |i, _| {
                            if i == 40 + pixel { per_row } else { 0.0 }
                        },
                    );
                let filter = design.qr().solve_lstsq(&target);
                for other in 0..DIM {
                    let place = patch.iter().position(|&near| near == other);
                    let expected = place.map_or(0.0, |k| filter[(k, 0)]);
                    let error = (weight[(pixel, other)] - expected).abs();
                    assert!(error < 1e-12, "{pixel} {other}: {error}");
                }
            }
            let expected = &weight * &mean * faer::Scale(-step.signal_scale());
            assert!((bias - expected).norm_max() < 1e-12);
        }
    }

    #[test]
    fn a_patch_as_large_as_the_image_gives_the_full_optimum() {
        let local = optimum(
            Structure::Local {
                patch: 7,
                image: IMAGE,
            },
            0.05,
        );
        let full = CommutingDenoiser::optimum(&law(), &schedule(), |_| 0.05);
        for index in 0..2 {
            assert!((local.at(index).weight - full.at(index).weight).norm_max() < 1e-12);
            assert!((local.at(index).bias - full.at(index).bias).norm_max() < 1e-12);
        }
    }

    /// The covariance of an image shifted by (dy, dx) on the torus.
    fn shifted(covariance: &Mat<f64>, dy: usize, dx: usize) -> Mat<f64> {
        let [height, width] = IMAGE;
        let moved =
            |pixel: usize| (pixel / width + dy) % height * width + (pixel % width + dx) % width;
        Mat::from_fn(DIM, DIM, |i, j| covariance[(moved(i), moved(j))])
    }

    #[test]
    fn a_circulant_denoiser_is_the_full_optimum_of_the_mean_of_all_shifts() {
        let (mean, covariance) = moments(rows().as_ref());
        let mut total = Mat::zeros(DIM, DIM);
        for (dy, dx) in (0..3).flat_map(|dy| (0..4).map(move |dx| (dy, dx))) {
            total += shifted(&covariance, dy, dx);
        }
        let projected = total * faer::Scale(1.0 / DIM as f64);
        let law = Gaussian::from_covariance(mean, projected.as_ref()).unwrap();
        let expected = CommutingDenoiser::optimum(&law, &schedule(), |_| 0.03);
        let circulant = optimum(Structure::Circulant { image: IMAGE }, 0.03);
        for index in 0..2 {
            let (got, expected) = (circulant.at(index), expected.at(index));
            assert!((&got.weight - expected.weight).norm_max() < 1e-12);
            assert!((got.bias - expected.bias).norm_max() < 1e-12);
            let turned = shifted(&got.weight, 1, 2);
            assert!(
                (turned - got.weight).norm_max() < 1e-13,
                "the same everywhere"
            );
        }
    }

    /// A small change that keeps the structure cannot lower the loss on the training law.
    #[test]
    fn no_circulant_filter_is_better_on_the_training_law() {
        let circulant = optimum(Structure::Circulant { image: IMAGE }, 0.0);
        let (mean_of_rows, covariance) = moments(rows().as_ref());
        struct Moved(AffineDenoiser);
        impl Denoiser for Moved {
            fn dim(&self) -> usize {
                DIM
            }
            fn at(&self, _: usize) -> AffineDenoiser {
                self.0.clone()
            }
        }
        let schedule = Schedule::from_alpha_bar(&[0.9]).unwrap();
        let loss = |weight: Mat<f64>| {
            let signal = schedule.step(0).signal_scale();
            let bias = &weight * &mean_of_rows * faer::Scale(-signal);
            let moved = Moved(AffineDenoiser { weight, bias });
            mean(&moved.losses(&schedule, &[(&mean_of_rows, covariance.as_ref())])[0])
        };
        let best = circulant.at(0).weight;
        let least = loss(best.clone());
        for distance in 0..DIM {
            let [height, width] = IMAGE;
            let (dy, dx) = (distance / width, distance % width);
            for change in [1e-3, -1e-3] {
                let mut weight = best.clone();
                for pixel in 0..DIM {
                    let (y, x) = (pixel / width, pixel % width);
                    weight[(pixel, (y + dy) % height * width + (x + dx) % width)] += change;
                }
                assert!(loss(weight) > least, "{distance} {change}");
            }
        }
    }

    #[test]
    fn structures_that_do_not_fit_are_refused() {
        let refused = |structure| {
            let result = Structured::optimum(structure, &law(), &schedule(), |_| 0.0);
            result
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        let even = refused(Structure::Local {
            patch: 2,
            image: IMAGE,
        });
        assert!(even.contains("odd side"), "{even}");
        for image in [[3, 3], [0, 0]] {
            let wrong = refused(Structure::Circulant { image });
            assert!(wrong.contains("a row has 12 numbers"), "{wrong}");
        }
    }
}
