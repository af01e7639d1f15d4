//! What a network predicts of a noised vector, and the noise that the prediction implies.

use super::NoiseLevel;

/// What the network predicts, and whose squared error is summed: [`Target::parts`] has the equations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The noise.
    Eps,
    /// The clean vector.
    X0,
    /// `sqrt(ab) eps - sqrt(1 - ab) x_0` (Salimans and Ho, arXiv 2202.00512).
    V,
    /// `-eps/sqrt(1 - ab)`, the score of the noised law.
    Score,
}

/// A target as a combination of the noise and the clean, centred vector: `p eps + q (x_0 - m)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// p
    pub noise: f64,
    /// q
    pub data: f64,
}

/// The noise that a prediction f of a target implies for the noised, centred vector y: `eps = A f + B y`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToNoise {
    /// A
    pub output: f64,
    /// B
    pub input: f64,
}

/// The clean vector that a prediction f of a target implies for the noised vector x_t: `x_0 = A f + B x_t`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToClean {
    /// A
    pub output: f64,
    /// B
    pub input: f64,
}

impl Target {
    /// The coefficients p and q of each target, with `a = sqrt(ab)` and `r = sqrt(1 - ab)`:
    ///
    /// | target | | p | q |
    /// |---|---|---|---|
    /// | eps | eps | 1 | 0 |
    /// | x0 | x_0 | 0 | 1 |
    /// | v | a eps - r x_0 | a | -r |
    /// | score | -eps/r | -1/r | 0 |
    pub fn parts(self, level: &NoiseLevel) -> Parts {
        let (noise, data) = match self {
            Target::Eps => (1.0, 0.0),
            Target::X0 => (0.0, 1.0),
            Target::V => (level.signal_scale(), -level.noise_scale()),
            Target::Score => (-1.0 / level.noise_scale(), 0.0),
        };
        Parts { noise, data }
    }

    /// The sign of the optimum, the same in every direction: that of [`Regression::mu`](crate::denoiser::Regression).
    /// It is 0 if directions differ.
    pub fn sign(self) -> f64 {
        match self {
            Target::Eps | Target::X0 => 1.0,
            Target::V => 0.0,
            Target::Score => -1.0,
        }
    }

    /// The coefficients A and B: with `y = a x_0 + r eps` they are `A = a/(a p - r q)` and `B = -q/(a p - r q)`. The
    /// squared error of the target is that of the noise over A^2.
    pub fn to_noise(self, level: &NoiseLevel) -> ToNoise {
        let Parts { noise, data } = self.parts(level);
        let signal = level.signal_scale();
        let determinant = signal * noise - level.noise_scale() * data;
        ToNoise {
            output: signal / determinant,
            input: -data / determinant,
        }
    }

    /// The coefficients A and B: with `x_t = a x_0 + r eps` they are `A = -r/(a p - r q)` and `B = p/(a p - r q)`.
    pub fn to_clean(self, level: &NoiseLevel) -> ToClean {
        let Parts { noise, data } = self.parts(level);
        let noise_scale = level.noise_scale();
        let determinant = level.signal_scale() * noise - noise_scale * data;
        ToClean {
            output: -noise_scale / determinant,
            input: noise / determinant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn a_perfect_prediction_of_any_target_gives_the_noise_and_the_clean_vector() {
        let (clean, noise) = (0.7, -1.3);
        for target in [Target::Eps, Target::X0, Target::V, Target::Score] {
            for alpha_bar in [1e-6, 0.3, 0.9, 1.0 - 1e-9] {
                let level = NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
                let parts = target.parts(&level);
                let predicted = parts.noise * noise + parts.data * clean;
                let noised = level.signal_scale() * clean + level.noise_scale() * noise;
                let back = target.to_noise(&level);
                let found = back.output * predicted + back.input * noised;
                // For x0 the noise is a difference that is 1/r times as small as its terms.
                assert_relative_eq!(found, noise, max_relative = 1e-15 / level.noise_variance());
                let back = target.to_clean(&level);
                let found = back.output * predicted + back.input * noised;
                // For the noise the clean vector is a difference that is a times as small as its terms.
                assert_relative_eq!(found, clean, max_relative = 1e-15 / level.signal_scale());
            }
        }
    }
}
