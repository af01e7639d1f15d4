//! Draws by a reverse process with any denoiser of points, in f64.

use std::ops::{ControlFlow, Range};

use faer::{Mat, Scale};
use rand_chacha::ChaCha8Rng;

use super::StepRule;
use crate::data::Rows;
use crate::denoiser::PointDenoiser;
use crate::random::{Purpose, fill_normal, stream};

/// The most numbers in a batch of draws: 32 MiB in f64.
const BATCH_ELEMENTS: usize = 1 << 22;

/// Draws in batches that are held at a time.
pub(crate) fn batches(draws: usize, dim: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    let batch = (BATCH_ELEMENTS / dim).max(1);
    let starts = (0..draws).step_by(batch);
    starts.map(move |start| start..(start + batch).min(draws))
}

/// The number of draws, and their seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawOptions {
    /// The number of draws.
    pub draws: usize,
    /// The seed.
    pub seed: u64,
}

/// Draws by the reverse process with any denoiser: `u_T ~ N(0, I)`, then the [rule](StepRule) of each step from the
/// last to the first. The result is `[draws, d]` in the coordinates of the training.
///
/// Draw m takes its noise from its own stream, which is that of the draws of affine networks. So two denoisers with the
/// same seed begin from the same noise and see the same noise, and a draw depends neither on the number of draws nor on
/// the number of threads.
///
/// `progress` is called after each step with the number of steps done and the number of all steps. If it breaks, the
/// draws are given up and the result is `None`.
pub fn draw_points<D: PointDenoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    options: DrawOptions,
    mut progress: impl FnMut(usize, usize) -> ControlFlow<()>,
) -> Option<Rows> {
    let dim = denoiser.dim();
    let batches = batches(options.draws, dim);
    let all = batches.len() * rules.len();
    let mut values = Vec::with_capacity(options.draws * dim);
    let mut done = 0;
    for range in batches {
        let mut noise = Noise::new(range.clone(), options.seed, dim);
        let mut points = Mat::zeros(range.len(), dim);
        noise.add_to(&mut points, 1.0);
        for (index, rule) in rules.iter().enumerate().rev() {
            points = moved(rule, denoiser, index, &points);
            noise.add_to(&mut points, rule.sigma);
            done += 1;
            if progress(done, all).is_break() {
                return None;
            }
        }
        values.extend(points.row_iter().flat_map(|row| row.iter().copied()));
    }
    Some(Rows::new(values, dim))
}

/// The points after a step, before noise is added.
fn moved<D: PointDenoiser + ?Sized>(
    rule: &StepRule,
    denoiser: &D,
    index: usize,
    points: &Mat<f64>,
) -> Mat<f64> {
    let predicted = denoiser.predicted_noise(points.as_ref(), index);
    let first = Scale(rule.point) * points + Scale(rule.noise) * predicted;
    match rule.corrector {
        None => first,
        Some(c) => {
            let predicted = denoiser.predicted_noise(first.as_ref(), index - 1);
            Scale(c.start) * points + Scale(c.point) * first + Scale(c.noise) * predicted
        }
    }
}

/// The generators of some draws.
pub(crate) fn generators(draws: Range<usize>, seed: u64) -> Vec<ChaCha8Rng> {
    draws
        .map(|m| stream(seed, Purpose::Sampling, m as u64))
        .collect()
}

/// The noise of some draws.
struct Noise {
    generators: Vec<ChaCha8Rng>,
    normals: Vec<f64>,
}

impl Noise {
    fn new(draws: Range<usize>, seed: u64, dim: usize) -> Self {
        Self {
            generators: generators(draws, seed),
            normals: vec![0.0; dim],
        }
    }

    /// Adds `sigma xi` to each row, with independent standard normals xi from the row's generator.
    fn add_to(&mut self, points: &mut Mat<f64>, sigma: f64) {
        if sigma == 0.0 {
            return;
        }
        for (row, rng) in points.row_iter_mut().zip(&mut self.generators) {
            fill_normal(rng, &mut self.normals);
            for (x, xi) in row.iter_mut().zip(&self.normals) {
                *x += sigma * xi;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SamplerKind, Variance};
    use crate::denoiser::{CommutingDenoiser, Denoiser};
    use crate::diffusion::Schedule;
    use crate::gaussian::Gaussian;
    use crate::sampling::{affine_step, rules};
    use faer::{Col, mat};

    const KINDS: [SamplerKind; 5] = [
        SamplerKind::Ddpm(Variance::Posterior),
        SamplerKind::Sde,
        SamplerKind::Ode,
        SamplerKind::Heun,
        SamplerKind::Ddim,
    ];

    fn denoiser(schedule: &Schedule) -> CommutingDenoiser {
        let covariance = mat![[2.0, 0.5, 0.1], [0.5, 1.0, -0.2], [0.1, -0.2, 0.3]];
        let mean = Col::from_fn(3, |i| i as f64 - 0.25);
        let law = Gaussian::from_covariance(mean, covariance.as_ref()).unwrap();
        CommutingDenoiser::optimum(&law, schedule, |_| 0.1)
    }

    /// Draw m by the affine maps of the steps.
    fn by_maps(rules: &[StepRule], denoiser: &dyn Denoiser, seed: u64, m: u64) -> Col<f64> {
        let mut rng = stream(seed, Purpose::Sampling, m);
        let mut normals = vec![0.0; denoiser.dim()];
        let mut noise = |sigma: f64| {
            if sigma > 0.0 {
                fill_normal(&mut rng, &mut normals);
            }
            Col::from_fn(normals.len(), |j| sigma * normals[j])
        };
        let mut point = noise(1.0);
        for (index, rule) in rules.iter().enumerate().rev() {
            let step = affine_step(rule, denoiser, index);
            point = &step.matrix * point + &step.shift + noise(step.sigma);
        }
        point
    }

    #[test]
    fn draws_of_an_affine_denoiser_are_those_of_its_affine_steps() {
        let schedule = Schedule::linear(40, 1e-3, 0.2).unwrap();
        let denoiser = denoiser(&schedule);
        for kind in KINDS {
            let rules = rules(kind, &schedule);
            let options = DrawOptions { draws: 4, seed: 7 };
            let go_on = |_, _| ControlFlow::Continue(());
            let draws = draw_points(&rules, &denoiser, options, go_on).unwrap();
            for m in 0..4 {
                let expected = by_maps(&rules, &denoiser, 7, m as u64);
                for (got, expected) in draws.row(m).iter().zip(expected.iter()) {
                    assert!(
                        (got - expected).abs() < 1e-13,
                        "{kind:?}: {got}, {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_draw_does_not_depend_on_how_many_there_are() {
        let schedule = Schedule::linear(10, 0.1, 0.3).unwrap();
        let rules = rules(SamplerKind::Sde, &schedule);
        let draw = |draws| {
            let options = DrawOptions { draws, seed: 3 };
            let go_on = |_, _| ControlFlow::Continue(());
            draw_points(&rules, &denoiser(&schedule), options, go_on).unwrap()
        };
        let (few, many) = (draw(2), draw(9));
        for (one, other) in few.values().iter().zip(many.values()) {
            assert!((one - other).abs() < 1e-14);
        }
    }

    #[test]
    fn drawing_tells_its_steps_and_stops_between_two_of_them_when_asked() {
        let schedule = Schedule::linear(10, 0.1, 0.3).unwrap();
        let rules = rules(SamplerKind::Ddim, &schedule);
        let options = DrawOptions { draws: 2, seed: 3 };
        let mut told = Vec::new();
        let result = draw_points(&rules, &denoiser(&schedule), options, |done, all| {
            told.push((done, all));
            match done {
                3 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        assert_eq!(result, None);
        assert_eq!(told, [(1, 10), (2, 10), (3, 10)]);
    }
}
