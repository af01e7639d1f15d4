//! Linear denoisers with a filter of its own for each pixel.

use faer::linalg::solvers::Solve;
use faer::{Col, Mat, Side};

use super::{AffineDenoiser, Denoiser};
use crate::diffusion::{Schedule, Step};
use crate::gaussian::Gaussian;
use crate::parallel;

/// A filter for each pixel.
#[derive(Debug, Clone)]
pub(super) struct Local {
    mean: Col<f64>,
    covariance: Mat<f64>,
    patches: Vec<Patch>,
    /// The steps with their ridges.
    steps: Vec<(Step, f64)>,
}

/// The pixels around a pixel.
#[derive(Debug, Clone)]
struct Patch {
    pixels: Vec<usize>,
    /// The place of the pixel itself among them.
    own: usize,
}

/// The patch of each pixel, cut at the edges of the image.
fn patches(patch: usize, [height, width]: [usize; 2]) -> Vec<Patch> {
    let reach = patch / 2;
    let around =
        |at: usize, most: usize| at.saturating_sub(reach)..most.min(at.saturating_add(reach + 1));
    let of_pixel = |pixel: usize| {
        let (y, x) = (pixel / width, pixel % width);
        let rows = around(y, height);
        let pixels: Vec<usize> = rows
            .flat_map(|y| around(x, width).map(move |x| y * width + x))
            .collect();
        let own = pixels.iter().position(|&other| other == pixel);
        Patch {
            pixels,
            own: own.expect("a pixel is in its patch"),
        }
    };
    (0..height * width).map(of_pixel).collect()
}

impl Local {
    /// The optimum on a law: each pixel's least-squares filter on its patch, with a ridge `gamma_t` for each step.
    pub fn optimum(
        patch: usize,
        image: [usize; 2],
        law: &Gaussian,
        schedule: &Schedule,
        ridge: impl Fn(&Step) -> f64,
    ) -> Self {
        Self {
            mean: law.mean().clone(),
            covariance: law.covariance(),
            patches: patches(patch, image),
            steps: schedule.iter().map(|step| (step, ridge(&step))).collect(),
        }
    }

    /// The filter of a pixel, in the order of the pixels of its patch.
    fn filter(&self, patch: &Patch, step: &Step, ridge: f64) -> Mat<f64> {
        let count = patch.pixels.len();
        let moments = Mat::from_fn(count, count, |i, j| {
            let covariance = self.covariance[(patch.pixels[i], patch.pixels[j])];
            let noise = if i == j {
                step.noise_variance + ridge
            } else {
                0.0
            };
            step.alpha_bar * covariance + noise
        });
        let cross = Mat::from_fn(count, 1, |i, _| {
            if i == patch.own {
                step.noise_scale()
            } else {
                0.0
            }
        });
        let root = moments.llt(Side::Lower);
        root.expect("a covariance plus noise is positive")
            .solve(&cross)
    }
}

impl Denoiser for Local {
    fn dim(&self) -> usize {
        self.mean.nrows()
    }

    fn at(&self, index: usize) -> AffineDenoiser {
        let (step, ridge) = self.steps[index];
        let filters = parallel::map(0..self.dim(), |pixel| {
            self.filter(&self.patches[pixel], &step, ridge)
        });
        let mut weight = Mat::zeros(self.dim(), self.dim());
        for (pixel, (patch, filter)) in self.patches.iter().zip(&filters).enumerate() {
            for (k, &other) in patch.pixels.iter().enumerate() {
                weight[(pixel, other)] = filter[(k, 0)];
            }
        }
        let bias: Col<f64> = -step.signal_scale() * (&weight * &self.mean);
        AffineDenoiser { weight, bias }
    }
}
