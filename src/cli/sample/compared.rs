//! Samples compared with training rows and with a second network, as JSON and in words.

use std::path::PathBuf;

use serde::Serialize;

use crate::report::Looks;
use crate::run::{Beside, DistanceUnit, Twins, Typical};
use crate::text::number;

/// Samples compared with training rows, and with a second network.
#[derive(Serialize)]
pub(super) struct Compared {
    /// The share of samples that are copies of a training row.
    pub copies: f64,
    pub beside: OfRows,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twin: Option<OfTwin>,
    /// The first 100 samples.
    pub samples: Vec<OfSample>,
    #[serde(skip)]
    pub drawn: Beside,
    #[serde(skip)]
    pub twins: Option<Twins>,
    #[serde(skip)]
    pub looks: Option<Looks>,
}

#[derive(Serialize)]
pub(super) struct OfRows {
    #[serde(flatten)]
    pub unit: DistanceUnit,
    /// To the nearest training row.
    pub distance: Typical,
}

#[derive(Serialize)]
pub(super) struct OfTwin {
    pub run: PathBuf,
    /// Between the samples of one noise.
    pub distance: Typical,
    pub overlap: f64,
    pub rows: usize,
    pub shared_rows: usize,
}

#[derive(Serialize)]
pub(super) struct OfSample {
    pub row: usize,
    pub distance: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twin_distance: Option<f64>,
}

impl Compared {
    pub fn text(&self) -> String {
        let OfRows { unit, distance } = &self.beside;
        let mut text = format!(
            "\nTheir nearest training rows are at {} (the median; the middle half from {} to {}), in units of the median \
             distance of {} {} to their nearest. Far below 1 they are copies: {:.1} % are.",
            number(distance.median),
            number(distance.lower_quarter),
            number(distance.upper_quarter),
            unit.fresh_rows,
            unit.fresh.text(),
            100.0 * self.copies,
        );
        if let Some(twin) = &self.twin {
            let shared = match twin.shared_rows {
                0 => "with no row in common".to_owned(),
                shared => format!("with {shared} of its {} rows in common", twin.rows),
            };
            text += &format!(
                "\nFrom the same noise the network of {}, trained {shared}, makes samples at a distance of {} (the middle \
                 half from {} to {}); the correlation of both is {}.",
                twin.run.display(),
                number(twin.distance.median),
                number(twin.distance.lower_quarter),
                number(twin.distance.upper_quarter),
                number(twin.overlap),
            );
        }
        text
    }
}
