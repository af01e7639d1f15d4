//! Which ridges z of the rows belong to wanted ridges z' of fewer rows?

use super::moved::Moved;

/// What is known of `log z'` at increasing `log z`. It increases; below some z > 0 it does not exist.
pub(super) struct Search {
    known: Vec<(f64, Option<Moved>)>,
}

/// A wanted `log z'`, between two `log z`.
struct Bracket {
    wanted: f64,
    low: f64,
    high: f64,
    guess: f64,
    nearest: Option<Moved>,
    found: bool,
}

impl Bracket {
    /// Found, if z' is this close to the wanted one.
    const NEAR: f64 = 0.02;

    fn learn(&mut self, log_ridge: f64, moved: Option<Moved>) {
        let Some(moved) = moved else {
            self.low = log_ridge;
            self.guess = (self.low + self.high) / 2.0;
            return;
        };
        let distance = |moved: &Moved| (moved.log_ridge - self.wanted).abs();
        if self
            .nearest
            .is_none_or(|known| distance(&moved) < distance(&known))
        {
            self.nearest = Some(moved);
        }
        if distance(&moved) <= Self::NEAR {
            self.found = true;
            return;
        }
        if moved.log_ridge > self.wanted {
            self.high = log_ridge;
        } else {
            self.low = log_ridge;
        }
        // Newton's step for z', which is nearly a straight line in z where it goes to 0.
        let turn = 1.0 - (self.wanted - moved.log_ridge).exp();
        let newton = log_ridge + (1.0 - turn / moved.log_ridge_slope).ln();
        self.guess = if newton > self.low && newton < self.high {
            newton
        } else {
            (self.low + self.high) / 2.0
        };
    }
}

impl Search {
    pub fn new(known: Vec<(f64, Option<Moved>)>) -> Self {
        Self { known }
    }

    /// Goes to larger z until `log z'` has reached a value.
    pub fn reach(&mut self, wanted: f64, at: impl Fn(&[f64]) -> Vec<Option<Moved>>) {
        const STEP: f64 = 2.0;
        const STEPS: usize = 200;
        for _ in 0..STEPS {
            let &(last, moved) = self.known.last().expect("a point");
            if moved.is_some_and(|moved| moved.log_ridge > wanted) {
                return;
            }
            let next = last + STEP;
            self.known.push((next, at(&[next])[0]));
        }
    }

    /// What belongs to z' near the wanted ones, at increasing z'. All that are open are evaluated together.
    pub fn near(&self, wanted: &[f64], at: impl Fn(&[f64]) -> Vec<Option<Moved>>) -> Vec<Moved> {
        const ROUNDS: usize = 40;
        let mut brackets: Vec<Bracket> = wanted.iter().map(|&w| self.bracket(w)).collect();
        for _ in 0..ROUNDS {
            let mut open: Vec<&mut Bracket> = brackets.iter_mut().filter(|b| !b.found).collect();
            if open.is_empty() {
                break;
            }
            let points: Vec<f64> = open.iter().map(|b| b.guess).collect();
            let found = points.iter().zip(at(&points));
            let learnt = open.iter_mut().zip(found);
            learnt.for_each(|(bracket, (&point, moved))| bracket.learn(point, moved));
        }
        // Where z' is a difference of rounding errors it is found only roughly.
        let mut found: Vec<Moved> = brackets.into_iter().filter_map(|b| b.nearest).collect();
        found.sort_by(|a, b| a.log_ridge.total_cmp(&b.log_ridge));
        found.dedup_by(|a, b| a.log_ridge - b.log_ridge < Bracket::NEAR);
        found
    }

    fn bracket(&self, wanted: f64) -> Bracket {
        let above = |point: &(f64, Option<Moved>)| point.1.is_some_and(|m| m.log_ridge > wanted);
        let index = self.known.iter().position(above);
        let index = index.unwrap_or(self.known.len() - 1);
        let (high, moved) = self.known[index];
        let low = match index {
            0 => high - 1.0,
            _ => self.known[index - 1].0,
        };
        let mut bracket = Bracket {
            wanted,
            low,
            high,
            guess: (low + high) / 2.0,
            nearest: None,
            found: false,
        };
        bracket.learn(high, moved);
        bracket
    }
}
