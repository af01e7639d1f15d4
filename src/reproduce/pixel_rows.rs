//! Real rows with all their columns, which training and test sets are taken from.

use rand::seq::SliceRandom;

use crate::config::{DataConfig, Draw, RealData, Samples};
use crate::data::{Pixels, Rows, pixels};
use crate::gaussian::Gaussian;
use crate::random::{Purpose, stream};
use crate::run::RunError;

/// Images of more pixels are averaged over squares of 2 x 2.
const MOST_PIXELS: usize = 400;

/// All rows of a source, with the mean 0 and the mean variance 1.
pub(super) struct PixelRows {
    pub rows: Rows,
    /// The Gaussian with their mean and covariance.
    pub law: Gaussian,
    /// Height and width, if the rows are images: as the file says, or those of a square.
    pub image: Option<[usize; 2]>,
}

impl PixelRows {
    pub fn of(real: RealData) -> Result<Self, RunError> {
        let read = |real: RealData| {
            let config = DataConfig::new(real.into(), Samples::All).draw(Draw::Rows);
            pixels(&config, 1, 0)
        };
        let all = read(real.clone())?;
        let all = match all.image {
            Some([height, width]) if height * width > MOST_PIXELS => read(real.pool(2))?,
            _ => all,
        };
        Ok(Self {
            rows: all.train(0),
            law: all.laws.train.law()?,
            image: image(&all),
        })
    }

    /// `samples` rows that the seed chooses, and the others.
    pub fn split(&self, samples: usize, seed: u64) -> [Rows; 2] {
        let mut order: Vec<usize> = (0..self.rows.count()).collect();
        order.shuffle(&mut stream(seed, Purpose::Split, 0));
        let (train, rest) = order.split_at(samples);
        [train, rest].map(|chosen| self.rows.select(chosen))
    }
}

fn image(all: &Pixels) -> Option<[usize; 2]> {
    let side = all.dim().isqrt();
    let square = (side * side == all.dim()).then_some([side, side]);
    all.image.or(square)
}
