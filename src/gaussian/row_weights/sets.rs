//! Sets of weights of a law: drawn, typical, or without its heaviest weights.

use rand::{Rng, RngExt};
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use statrs::distribution::{ContinuousCDF, Gamma, Normal};

use super::{Law, RowWeights};

impl RowWeights {
    /// This law with its heaviest atoms put together at their mean, if all of them have at most a share of the
    /// probability.
    pub(crate) fn with_light_tail(&self, share: f64) -> Self {
        let (mut tail, mut first) = (0.0, self.weights.len());
        while first > 1 && tail + self.probabilities[first - 1] <= share {
            first -= 1;
            tail += self.probabilities[first];
        }
        let mut light = self.clone();
        if first < self.weights.len() {
            let atoms = self.weights[first..]
                .iter()
                .zip(&self.probabilities[first..]);
            let total: f64 = atoms.map(|(w, p)| w * p).sum();
            light.weights.truncate(first);
            light.probabilities.truncate(first);
            light.weights.push(total / tail);
            light.probabilities.push(tail);
        }
        light
    }

    /// The weights of a typical set of `count` rows as a law, scaled to the mean of this one.
    pub(crate) fn of_typical(&self, count: usize) -> Self {
        let typical = self.typical(count);
        let scale = self.mean() * count as f64 / typical.iter().sum::<f64>();
        let mut sorted = Self::from_atoms(typical.into_iter().map(|w| (w, 1.0)).collect());
        sorted.weights.iter_mut().for_each(|w| *w *= scale);
        sorted
    }

    /// A random weight.
    pub fn draw(&self, random: &mut impl Rng) -> f64 {
        match self.law {
            Law::Given | Law::TwoPoint => self.atom_at(random.random()),
            Law::LogNormal { deviation } => {
                let xi: f64 = StandardNormal.sample(random);
                (deviation * (xi - deviation / 2.0)).exp()
            }
            Law::Student { degrees } => {
                let chi = ChiSquared::new(degrees).expect("degrees of freedom above 2");
                (degrees - 2.0) / chi.sample(random)
            }
        }
    }

    /// The weights of a typical set of `count` rows, smallest first: the quantiles `(i - 1/2)/count` of the law.
    pub fn typical(&self, count: usize) -> Vec<f64> {
        let share = |i: usize| (i as f64 + 0.5) / count as f64;
        let shares = (0..count).map(share);
        match self.law {
            Law::Given | Law::TwoPoint => shares.map(|u| self.atom_at(u)).collect(),
            Law::LogNormal { deviation } => {
                let normal = Normal::standard();
                let weight = |u| (deviation * (normal.inverse_cdf(u) - deviation / 2.0)).exp();
                shares.map(weight).collect()
            }
            Law::Student { degrees } => {
                let chi = Gamma::new(degrees / 2.0, 0.5).expect("degrees of freedom above 2");
                let weight = |u| (degrees - 2.0) / chi.inverse_cdf(1.0 - u);
                shares.map(weight).collect()
            }
        }
    }

    /// The atom at a share u of the probability, from 0 to 1.
    fn atom_at(&self, u: f64) -> f64 {
        let mut below = 0.0;
        let mut atoms = self.weights.iter().zip(&self.probabilities);
        let found = atoms.find(|(_, p)| {
            below += **p;
            u < below
        });
        // Rounding may leave the sum of all a little below 1.
        found.map_or(self.weights[self.weights.len() - 1], |(w, _)| *w)
    }
}
