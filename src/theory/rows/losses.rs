//! The loss on each row of the optimum on the others.

use super::blocks::Summand;
use super::leave_one_out::LeaveOneOut;
use crate::diffusion::NoiseLevel;

/// The test loss on rows that were left out, per component.
#[derive(Debug, Clone, PartialEq)]
pub struct RowLosses {
    /// For each row, the mean over the steps.
    pub by_row: Vec<f64>,
    /// For each step, the mean over the rows.
    pub by_step: Vec<f64>,
}

impl RowLosses {
    /// The mean over rows and steps. For exchangeable rows it estimates the test loss at N - 1 rows without bias.
    pub fn mean(&self) -> f64 {
        self.by_row.iter().sum::<f64>() / self.by_row.len() as f64
    }
}

impl RowLosses {
    /// Adds up sums over the steps of a chunk by row, and sums over the rows of a block by step.
    pub(super) fn added(samples: usize, chunks: Vec<Vec<(Vec<f64>, Vec<f64>)>>) -> Self {
        let mut by_row = vec![0.0; samples];
        let mut by_step = Vec::new();
        for blocks in &chunks {
            let rows = blocks.iter().flat_map(|block| &block.0);
            by_row
                .iter_mut()
                .zip(rows)
                .for_each(|(sum, loss)| *sum += loss);
            by_step.extend((0..blocks[0].1.len()).map(|step| {
                let of_blocks = blocks.iter().map(|block| block.1[step]);
                of_blocks.sum::<f64>() / samples as f64
            }));
        }
        by_row
            .iter_mut()
            .for_each(|sum| *sum /= by_step.len() as f64);
        Self { by_row, by_step }
    }
}

impl LeaveOneOut {
    /// The test loss on each row of the optimum on the others, for steps with their noise level and ridge
    /// `gamma_t = ridge + alpha_bar_t covariance_ridge`, per component:
    ///
    /// ```text
    /// loss_i = (1/d) [ d - 2 z0 tr G + z0 y'G^2 y + z0^2 tr G^2 ],   z0 = (1 - ab)/ab,   z = z0 + gamma_t/ab
    ///        = (1/d) [ sum_j (1 - z0 D_j)^2 + (d - r)(1 - z0/z)^2 + z0 v (N/den - 2) + 2 z0^2 a^2 l/den + (z0 v)^2 ]
    /// ```
    ///
    /// with `v = a^2 g/den`. The second form has no negative term, because `den <= 1`: no loss is below 0. Beside the
    /// result only sums of some blocks of rows are held.
    pub fn losses(&self, steps: &[(NoiseLevel, f64)]) -> RowLosses {
        let noise: Vec<f64> = steps.iter().map(|s| s.0.noise_to_signal()).collect();
        let ridge: Vec<f64> = steps.iter().map(|s| s.1 / s.0.alpha_bar()).collect();
        let z: Vec<f64> = noise.iter().zip(&ridge).map(|(n, r)| n + r).collect();
        let share: Vec<f64> = noise.iter().zip(&z).map(|(n, z)| n / z).collect();
        let shared: Vec<f64> = (0..steps.len())
            .map(|t| self.bias(noise[t], ridge[t]))
            .collect();
        let (samples, dim) = (self.samples() as f64, self.dim() as f64);
        let summands = [Summand::T, Summand::ST2, Summand::ST3];
        let chunks = self.by_blocks(&z, summands, |block| {
            let mut by_row = vec![0.0; block.rows.len()];
            let mut by_step = vec![0.0; block.points.len()];
            let mut losses = by_row.clone();
            for (point, step) in block.points.clone().enumerate() {
                let first = share[step] * self.growth() * self.growth() / z[step];
                let second = 2.0 * share[step] * first;
                // On the stack: only then does the compiler take several rows at a time.
                let (shared, samples, per_dim) = (shared[step], samples, 1.0 / dim);
                let [t, g, l] = block.columns(point);
                let rows = losses.iter_mut().zip(t).zip(block.null()).zip(g).zip(l);
                for ((((loss, &t), &null), &g), &l) in rows {
                    let inverse = block.inverse_den_of(null, t);
                    let shift = first * g * inverse;
                    let others = (samples * inverse - 2.0).max(0.0);
                    let spread = second * l * inverse;
                    *loss = (shared + shift * (others + shift) + spread) * per_dim;
                }
                add(&mut by_row, &losses);
                by_step[point] = sum(&losses);
            }
            (by_row, by_step)
        });
        RowLosses::added(self.samples(), chunks)
    }

    /// `sum_j (1 - z0 D_j)^2 + (d - r)(1 - z0/z)^2` without cancellation: `1 - z0 D = (a s + z - z0) D`.
    fn bias(&self, noise: f64, ridge: f64) -> f64 {
        let kept =
            |s: f64| ((self.growth() * s + ridge) * self.resolvent(s, noise + ridge)).powi(2);
        let zeros = (self.dim() - self.rank()) as f64;
        let smallest_first = self.eigenvalues().iter().rev();
        zeros * kept(0.0) + smallest_first.map(|&s| kept(s)).sum::<f64>()
    }
}

fn add(sums: &mut [f64], terms: &[f64]) {
    sums.iter_mut()
        .zip(terms)
        .for_each(|(sum, term)| *sum += term);
}

/// The sum in eight parts, which a processor adds side by side.
fn sum(terms: &[f64]) -> f64 {
    let mut parts = [0.0; 8];
    let eights = terms.chunks_exact(8);
    let rest: f64 = eights.remainder().iter().sum();
    eights.for_each(|eight| add(&mut parts, eight));
    parts.iter().sum::<f64>() + rest
}
