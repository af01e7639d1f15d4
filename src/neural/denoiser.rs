//! A network that is not linear as a denoiser of points.

use burn::module::Module;
use faer::{Mat, MatRef};

use super::networks::Networks;
use crate::denoiser::PointDenoiser;
use crate::diffusion::Schedule;
use crate::parallel;
use crate::score::TensorDevice;

/// The number of points that go through a network together.
const POINTS: usize = 256;

/// One network as a denoiser at the steps of a schedule, made by [`Networks::denoiser`].
pub struct NeuralDenoiser {
    network: Networks,
    schedule: Schedule,
    device: TensorDevice,
}

impl Networks {
    /// A member as a denoiser at the steps of any schedule: a network of log SNR is defined at every noise level.
    ///
    /// ```
    /// use faer::Mat;
    /// use lindiff::config::BackendConfig;
    /// use lindiff::denoiser::PointDenoiser;
    /// use lindiff::diffusion::Schedule;
    /// use lindiff::neural::{NetworkConfig, Networks};
    /// use lindiff::score::TensorDevice;
    ///
    /// let device = TensorDevice::new(BackendConfig::default())?;
    /// let networks = Networks::new(NetworkConfig::mlp(), 3, 2, 7, &device)?;
    /// let schedule = Schedule::cosine(100)?;
    /// let denoiser = networks.denoiser(1, &schedule, &device);
    /// // Without training v is 0, and the noise in x_t is sqrt(1 - ab) x_t.
    /// let noise = denoiser.predicted_noise(Mat::from_fn(1, 3, |_, j| j as f64).as_ref(), 50);
    /// assert!((noise[(0, 2)] - 2.0 * schedule.step(50).noise_scale()).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such member.
    pub fn denoiser(
        &self,
        member: usize,
        schedule: &Schedule,
        device: &TensorDevice,
    ) -> NeuralDenoiser {
        NeuralDenoiser {
            network: self.valid().member(member),
            schedule: schedule.clone(),
            device: device.inner(),
        }
    }
}

impl PointDenoiser for NeuralDenoiser {
    fn dim(&self) -> usize {
        self.network.dim()
    }

    fn predicted_noise(&self, points: MatRef<'_, f64>, index: usize) -> Mat<f64> {
        let (level, dim) = (self.schedule.step(index).level(), self.network.dim());
        let to_noise = self.network.config().target.to_noise(&level);
        let outputs = |part: usize| {
            let start = part * POINTS;
            let count = POINTS.min(points.nrows() - start);
            let values = points.subrows(start, count).row_iter();
            let values = values.flat_map(|row| row.iter().copied()).collect();
            let x = self.device.tensor(values, [1, count, dim]);
            let output = self.network.forward(x, &[level.log_snr()]);
            output.into_data().iter::<f64>().collect::<Vec<f64>>()
        };
        let parts = parallel::map(0..points.nrows().div_ceil(POINTS), outputs);
        let noise = |i: usize, j: usize| {
            let output = parts[i / POINTS][i % POINTS * dim + j];
            to_noise.output * output + to_noise.input * points[(i, j)]
        };
        Mat::from_fn(points.nrows(), dim, noise)
    }
}
