//! The amount of noise.

/// The noise level of `x = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) eps`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseLevel {
    /// `alpha_bar`, above 0 and below 1
    alpha_bar: f64,
    /// `1 - alpha_bar`, to all its digits
    noise_variance: f64,
}

impl NoiseLevel {
    /// The level of an `alpha_bar`; `None` unless it is above 0 and below 1.
    pub fn from_alpha_bar(alpha_bar: f64) -> Option<Self> {
        (alpha_bar > 0.0 && alpha_bar < 1.0).then_some(Self {
            alpha_bar,
            noise_variance: 1.0 - alpha_bar,
        })
    }

    /// The level of an `alpha_bar` whose `1 - alpha_bar` is known to all its digits.
    pub(super) fn new(alpha_bar: f64, noise_variance: f64) -> Self {
        Self {
            alpha_bar,
            noise_variance,
        }
    }

    /// `alpha_bar`
    pub fn alpha_bar(&self) -> f64 {
        self.alpha_bar
    }

    /// `1 - alpha_bar`
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    /// `sqrt(alpha_bar)`, by which the data is scaled.
    pub fn signal_scale(&self) -> f64 {
        self.alpha_bar.sqrt()
    }

    /// `sqrt(1 - alpha_bar)`, the standard deviation of the noise.
    pub fn noise_scale(&self) -> f64 {
        self.noise_variance.sqrt()
    }

    /// `log(alpha_bar/(1 - alpha_bar))`, the logarithm of the signal-to-noise ratio.
    pub fn log_snr(&self) -> f64 {
        -self.noise_to_signal().ln()
    }

    /// `(1 - alpha_bar)/alpha_bar`, the variance of the noise relative to the scaled data.
    pub fn noise_to_signal(&self) -> f64 {
        self.noise_variance / self.alpha_bar
    }
}
