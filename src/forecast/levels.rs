//! The noise levels at which losses are computed, and the way from there to every step of a schedule.

use crate::diffusion::{NoiseLevel, Schedule};

/// Noise levels, evenly spaced in `log z0`, `z0 = (1 - alpha_bar)/alpha_bar`. A loss at each step follows from those at
/// the levels: its logarithm is interpolated in log z0 by cubic polynomials. If there are few steps, they are the
/// levels themselves.
pub(super) struct Levels {
    /// z0 of each level, rising.
    nodes: Vec<f64>,
    /// For each step, its place among the levels.
    places: Vec<Place>,
}

/// A point between the nodes of a grid: the first of four nodes, and the weight of each.
struct Place {
    first: usize,
    weights: [f64; 4],
}

impl Levels {
    /// At most `most` levels for the steps of a schedule.
    pub fn new(schedule: &Schedule, most: usize) -> Self {
        let steps: Vec<f64> = schedule
            .iter()
            .map(|step| step.level().noise_to_signal())
            .collect();
        let (least, largest) = (steps[0], steps[steps.len() - 1]);
        if steps.len() <= most.max(4) {
            // z0 rises with the step.
            let itself = |first| Place {
                first,
                weights: [1.0, 0.0, 0.0, 0.0],
            };
            return Self {
                places: (0..steps.len()).map(itself).collect(),
                nodes: steps,
            };
        }
        let grid = LogGrid::new(least, largest, most);
        Self {
            places: steps.iter().map(|&z| grid.place(z)).collect(),
            nodes: grid.points(),
        }
    }

    /// The levels.
    pub fn levels(&self) -> impl Iterator<Item = NoiseLevel> {
        self.nodes
            .iter()
            .map(|&z| NoiseLevel::from_alpha_bar(1.0 / (1.0 + z)).expect("z > 0"))
    }

    /// Losses at every step, from those at the levels.
    pub fn at_steps(&self, losses: &[f64]) -> Vec<f64> {
        let logs: Vec<f64> = losses.iter().map(|loss| loss.ln()).collect();
        let at = |place: &Place| match place.weights {
            // Not through a logarithm: to the last digit, and for a loss of 0 too.
            [1.0, ..] => losses[place.first],
            _ => place.of(&logs).exp(),
        };
        self.places.iter().map(at).collect()
    }

    /// The average over the steps, from losses at the levels.
    pub fn average(&self, losses: &[f64]) -> f64 {
        let steps = self.at_steps(losses);
        steps.iter().sum::<f64>() / steps.len() as f64
    }
}

impl Place {
    fn of(&self, values: &[f64]) -> f64 {
        let pairs = self.weights.iter().zip(&values[self.first..]);
        pairs.map(|(weight, value)| weight * value).sum()
    }
}

/// Points at equal ratios.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogGrid {
    least: f64,
    /// The logarithm of the ratio.
    step: f64,
    count: usize,
}

impl LogGrid {
    /// `count >= 4` points from `least` to `largest`.
    pub fn new(least: f64, largest: f64, count: usize) -> Self {
        let step = (largest / least).ln() / (count - 1) as f64;
        Self { least, step, count }
    }

    /// The points, rising.
    pub fn points(&self) -> Vec<f64> {
        (0..self.count)
            .map(|k| self.least * (k as f64 * self.step).exp())
            .collect()
    }

    /// Lagrange's weights of the four points around x.
    fn place(&self, x: f64) -> Place {
        let at = (x / self.least).ln() / self.step;
        let first = (at.floor() - 1.0).clamp(0.0, (self.count - 4) as f64) as usize;
        let u = at - first as f64;
        let weight = |k: usize| {
            let others = (0..4).filter(|&j| j != k);
            others
                .map(|j| (u - j as f64) / (k as f64 - j as f64))
                .product()
        };
        Place {
            first,
            weights: [0, 1, 2, 3].map(weight),
        }
    }

    /// Positive functions at x from their logarithms at the points, by cubic polynomials in log x.
    pub fn interpolate<const K: usize>(&self, logs: &[[f64; K]], x: f64) -> [f64; K] {
        let place = self.place(x);
        std::array::from_fn(|k| {
            let near = &logs[place.first..];
            let pairs = place.weights.iter().zip(near);
            pairs
                .map(|(weight, logs)| weight * logs[k])
                .sum::<f64>()
                .exp()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// The loss of an optimum on three variances, and that of one that diverges as 1/z.
    fn losses(z: f64) -> [f64; 2] {
        let bounded = [5.0, 0.3, 1e-3].iter().map(|s| s / (s + z)).sum::<f64>() / 3.0;
        [bounded, bounded + 0.01 / z]
    }

    #[test]
    fn a_few_levels_give_the_loss_at_every_step() {
        let schedule = Schedule::linear(1000, 1e-4, 1e-2).unwrap();
        let exact: Vec<[f64; 2]> = schedule
            .iter()
            .map(|step| losses(step.level().noise_to_signal()))
            .collect();
        for (count, relative) in [(64, 1e-5), (24, 1e-3)] {
            let levels = Levels::new(&schedule, count);
            assert_eq!(levels.levels().count(), count);
            for kind in 0..2 {
                let at: Vec<f64> = levels
                    .levels()
                    .map(|l| losses(l.noise_to_signal())[kind])
                    .collect();
                let found = levels.at_steps(&at);
                for (found, exact) in found.iter().zip(&exact) {
                    assert_relative_eq!(*found, exact[kind], max_relative = relative);
                }
                let mean = exact.iter().map(|e| e[kind]).sum::<f64>() / 1000.0;
                assert_relative_eq!(levels.average(&at), mean, max_relative = relative / 3.0);
            }
        }
    }

    #[test]
    fn few_steps_are_the_levels_themselves() {
        let schedule = Schedule::linear(20, 1e-4, 0.3).unwrap();
        let levels = Levels::new(&schedule, 24);
        let losses: Vec<f64> = (0..20).map(f64::from).collect();
        assert_eq!(levels.at_steps(&losses), losses);
        assert_relative_eq!(levels.average(&losses), 9.5);
        let first = levels.levels().next().unwrap();
        assert_relative_eq!(
            first.alpha_bar(),
            schedule.step(0).alpha_bar,
            max_relative = 1e-12
        );
    }

    #[test]
    fn cubic_polynomials_in_the_logarithm_are_met_exactly() {
        let grid = LogGrid::new(1e-3, 1e4, 9);
        let log = |x: f64| [x.ln().powi(3) / 30.0 - x.ln(), 2.0];
        let logs: Vec<[f64; 2]> = grid.points().into_iter().map(log).collect();
        for x in [1e-3, 2.5e-3, 0.7, 9e3, 1e4] {
            let [found, constant] = grid.interpolate(&logs, x);
            assert_relative_eq!(found.ln(), log(x)[0], epsilon = 1e-9);
            assert_relative_eq!(constant.ln(), 2.0, epsilon = 1e-12);
        }
    }
}
