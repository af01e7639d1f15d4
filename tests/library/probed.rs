//! Noised rows and predictions, as a user would export them from a network.

use lindiff::config::Target;
use lindiff::data::Rows;
use lindiff::diffusion::NoiseLevel;
use lindiff::probe::{Arrays, Probe, ProbeError, Question, probe};
use lindiff::random::{Purpose, fill_normal, stream};

use crate::shared::level;

/// Standard normal numbers.
pub fn normal(seed: u64, count: usize) -> Vec<f64> {
    let mut values = vec![0.0; count];
    fill_normal(&mut stream(seed, Purpose::FrozenNoise, 0), &mut values);
    values
}

/// Gaussian rows whose column j has the variance `variances[j]`.
pub fn gaussian_rows(seed: u64, count: usize, variances: &[f64]) -> Rows {
    let dim = variances.len();
    let mut values = normal(seed, count * dim);
    for row in values.chunks_exact_mut(dim) {
        row.iter_mut()
            .zip(variances)
            .for_each(|(x, v)| *x *= v.sqrt());
    }
    Rows::new(values, dim)
}

/// Draws of clean rows at several noise levels.
#[derive(Clone)]
pub struct Drawn {
    pub clean: Rows,
    pub x_t: Rows,
    pub noise: Rows,
    pub alpha_bar: Vec<f64>,
    pub row: Vec<usize>,
}

impl Drawn {
    /// Every clean row, `times` times at each level.
    pub fn new(seed: u64, clean: &Rows, levels: &[f64], times: usize) -> Self {
        let (count, dim) = (clean.count(), clean.dim());
        let draws = levels.len() * times * count;
        let noise = Rows::new(normal(seed, draws * dim), dim);
        let row: Vec<usize> = (0..draws).map(|i| i % count).collect();
        let alpha_bar: Vec<f64> = (0..draws).map(|i| levels[i / (times * count)]).collect();
        let x_t = (0..draws).flat_map(|i| {
            let at = level(alpha_bar[i]);
            let pair = clean.row(row[i]).iter().zip(noise.row(i));
            pair.map(move |(x, e)| at.signal_scale() * x + at.noise_scale() * e)
                .collect::<Vec<f64>>()
        });
        Self {
            x_t: Rows::new(x_t.collect(), dim),
            clean: clean.clone(),
            noise,
            alpha_bar,
            row,
        }
    }

    /// The predictions of a target by a denoiser, which gives the clean row of `x_t` at a level.
    pub fn predictions(
        &self,
        target: Target,
        denoise: impl Fn(&[f64], &NoiseLevel) -> Vec<f64>,
    ) -> Rows {
        let values = (0..self.row.len()).flat_map(|i| {
            let (x_t, at) = (self.x_t.row(i), level(self.alpha_bar[i]));
            let clean = denoise(x_t, &at);
            let parts = target.parts(&at);
            let pair = x_t.iter().zip(clean);
            pair.map(move |(x_t, x0)| {
                let noise = (x_t - at.signal_scale() * x0) / at.noise_scale();
                parts.noise * noise + parts.data * x0
            })
            .collect::<Vec<f64>>()
        });
        Rows::new(values.collect(), self.clean.dim())
    }

    pub fn arrays(&self, prediction: Rows) -> Arrays {
        let arrays = Arrays::new(self.x_t.clone(), prediction, self.alpha_bar.clone());
        arrays.unwrap().of_rows(self.row.clone()).unwrap()
    }

    pub fn question(&self, prediction: Rows, target: Target) -> Question {
        let question = Question::new(self.arrays(prediction), self.clean.clone());
        question.unwrap().target(target)
    }
}

/// `lambda/(lambda + z)` in each column: Wiener's filter of independent columns with the mean 0.
pub fn wiener(variances: &[f64]) -> impl Fn(&[f64], &NoiseLevel) -> Vec<f64> {
    move |x_t, level| {
        let z = level.noise_to_signal();
        let pair = x_t.iter().zip(variances);
        pair.map(|(x, v)| v / (v + z) * x / level.signal_scale())
            .collect()
    }
}

pub fn answer(question: &Question) -> Result<Probe, ProbeError> {
    probe(question, &mut |_, _| ())
}

/// What a refused question is told.
#[track_caller]
pub fn refusal(question: &Question) -> String {
    match answer(question) {
        Ok(_) => panic!("an answer"),
        Err(error) => error.to_string(),
    }
}
