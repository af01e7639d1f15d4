//! The noised rows of each step of training.

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::config::Target;
use crate::data::Rows;
use crate::diffusion::{Schedule, Step};
use crate::random::{Purpose, fill_normal, stream};

/// The steps of a schedule, drawn uniformly in log SNR: step t has a probability proportional to its width, half the
/// distance in log SNR between its neighbours (at the ends: to its only neighbour).
#[derive(Debug, Clone)]
pub(super) struct Levels {
    steps: Vec<Step>,
    /// The probability of a step and all before it.
    up_to: Vec<f64>,
}

impl Levels {
    pub(super) fn new(schedule: &Schedule) -> Self {
        let steps: Vec<Step> = schedule.iter().collect();
        let log_snr: Vec<f64> = steps.iter().map(|step| step.level().log_snr()).collect();
        let last = steps.len() - 1;
        let width = |t: usize| {
            let (before, after) = (t.saturating_sub(1), (t + 1).min(last));
            (log_snr[before] - log_snr[after]) / 2.0
        };
        let mut sum = 0.0;
        let mut up_to: Vec<f64> = (0..=last)
            .map(|t| {
                sum += width(t);
                sum
            })
            .collect();
        up_to.iter_mut().for_each(|x| *x /= sum);
        Self { steps, up_to }
    }

    /// The step at a share of the range of log SNR, from 0 (the least noise) to 1.
    fn at(&self, share: f64) -> Step {
        let index = self.up_to.partition_point(|&up_to| up_to <= share);
        self.steps[index.min(self.steps.len() - 1)]
    }
}

/// The order in which a member's rows are taken: one pass after the other, each in an order of its own.
#[derive(Debug)]
struct RowOrder {
    pass: Option<u64>,
    order: Vec<usize>,
}

impl RowOrder {
    fn new(count: usize) -> Self {
        Self {
            pass: None,
            order: (0..count).collect(),
        }
    }

    /// The row at a position, counted from the start of training.
    fn row(&mut self, seed: u64, position: u64) -> usize {
        let count = self.order.len() as u64;
        let (pass, within) = (position / count, position % count);
        if self.pass != Some(pass) {
            self.pass = Some(pass);
            self.order = (0..self.order.len()).collect();
            let mut rng = stream(seed, Purpose::Shuffle { epoch: pass }, 0);
            self.order.shuffle(&mut rng);
        }
        self.order[within as usize]
    }
}

/// The rows of all members, and where their noise comes from.
#[derive(Debug)]
pub(super) struct Batches {
    rows: Vec<Rows>,
    orders: Vec<RowOrder>,
    levels: Levels,
    target: Target,
    size: usize,
    seed: u64,
}

/// The noised rows of one step of training, in row-major order.
pub(super) struct Batch {
    /// The noised rows x_t, `[E, B, d]`
    pub(super) inputs: Vec<f64>,
    /// The targets, `[E, B, d]`
    pub(super) wanted: Vec<f64>,
    /// `log SNR`, `[B]`: members share it.
    pub(super) log_snr: Vec<f64>,
}

impl Batches {
    pub(super) fn new(
        rows: Vec<Rows>,
        schedule: &Schedule,
        target: Target,
        size: usize,
        seed: u64,
    ) -> Self {
        Self {
            orders: rows
                .iter()
                .map(|rows| RowOrder::new(rows.count()))
                .collect(),
            levels: Levels::new(schedule),
            rows,
            target,
            size,
            seed,
        }
    }

    /// B, the number of rows of each member in a step.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The batch of a step (from 0). It depends on the step and the seed alone, and a member's part of it on its own
    /// rows. Place b has the same noise level and the same noise for every member.
    pub(super) fn batch(&mut self, step: u64) -> Batch {
        let (members, dim) = (self.rows.len(), self.rows[0].dim());
        let (size, seed) = (self.size, self.seed);
        let mut batch = Batch {
            inputs: vec![0.0; members * size * dim],
            wanted: vec![0.0; members * size * dim],
            log_snr: Vec::with_capacity(size),
        };
        let mut noise = vec![0.0; dim];
        for place in 0..size {
            let mut rng = stream(seed, Purpose::StepNoise { step }, place as u64);
            let drawn = self.levels.at(rng.random());
            fill_normal(&mut rng, &mut noise);
            let level = drawn.level();
            batch.log_snr.push(level.log_snr());
            let (signal, scale) = (level.signal_scale(), level.noise_scale());
            let parts = self.target.parts(&level);
            for (member, (rows, order)) in self.rows.iter().zip(&mut self.orders).enumerate() {
                let position = step * size as u64 + place as u64;
                let row = rows.row(order.row(seed, position));
                let place = (member * size + place) * dim;
                let out = batch.inputs[place..]
                    .iter_mut()
                    .zip(&mut batch.wanted[place..]);
                for ((x, eps), (input, wanted)) in row.iter().zip(&noise).zip(out) {
                    *input = signal * x + scale * eps;
                    *wanted = parts.noise * eps + parts.data * x;
                }
            }
        }
        batch
    }
}
