//! How a network is told the noise level.

use burn::tensor::{DType, Device, Tensor, TensorData};

/// The number of frequencies.
const FREQUENCIES: usize = 16;
/// The lowest and the highest frequency, in radians per unit of `log sigma`.
const LOWEST: f64 = 0.125;
const HIGHEST: f64 = 2.0;

/// The number of features of a noise level.
pub(super) const FEATURES: usize = 2 * FREQUENCIES;

/// The features `sin(w_k l)` and `cos(w_k l)` of noise levels given by `log SNR = log(ab/(1 - ab))`, where
/// `l = -(log SNR)/2` is `log sigma`. The frequencies are geometric, `w_k = (1/8) 16^(k/15)`, `k = 0 ... 15`: the
/// longest period is 50 units of `log sigma`, the shortest 3.1, a factor 23 of sigma.
///
/// The result is `[1, n, 32]`, first the sines, then the cosines.
pub(super) fn time_features(log_snr: &[f64], device: &Device, dtype: DType) -> Tensor<3> {
    let ratio = HIGHEST / LOWEST;
    let frequency = |k: usize| LOWEST * ratio.powf(k as f64 / (FREQUENCIES - 1) as f64);
    let frequencies: Vec<f64> = (0..FREQUENCIES).map(frequency).collect();
    let mut features = Vec::with_capacity(log_snr.len() * FEATURES);
    for log_snr in log_snr {
        let log_sigma = -log_snr / 2.0;
        features.extend(frequencies.iter().map(|w| (w * log_sigma).sin()));
        features.extend(frequencies.iter().map(|w| (w * log_sigma).cos()));
    }
    let data = TensorData::new(features, [1, log_snr.len(), FEATURES]).convert_dtype(dtype);
    Tensor::from_data(data, (device, dtype))
}
