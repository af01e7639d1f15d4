//! Sources for the tests of data.
#![allow(dead_code)] // each file uses a part of it

use std::path::PathBuf;

use lindiff::config::{
    Columns, DataConfig, Draw, Mean, Reading, RealData, RowWeights, RowsOrigin, Samples, Scale,
    Source,
};
use lindiff::data::{DataError, Dataset, Rows, read_rows};
use tempfile::TempDir;

/// Settings of a source of rows, all defaults.
pub fn real(origin: RowsOrigin) -> RealData {
    RealData {
        origin,
        columns: None,
        group: None,
        reading: Reading::default(),
        pool: 1,
        scale: Scale::Trace,
        min_variance: 1e-12,
    }
}

pub fn digits() -> RealData {
    RealData {
        min_variance: 0.01,
        ..real(RowsOrigin::Digits)
    }
}

pub fn rows_of(real: RealData, samples: usize) -> DataConfig {
    DataConfig {
        source: Source::Real(real),
        samples: Samples::Count(samples),
        draw: Draw::Rows,
        row_weights: RowWeights::None,
        mean: Mean::Fitted,
    }
}

pub fn drawn_from(source: Source, samples: usize) -> DataConfig {
    DataConfig {
        source,
        samples: Samples::Count(samples),
        draw: Draw::Gaussian,
        row_weights: RowWeights::None,
        mean: Mean::Fitted,
    }
}

/// A table in a folder of its own, which goes when the second is dropped.
pub fn table(text: &str) -> (RealData, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    (file(path), folder)
}

/// The rows of a source as doubles.
pub fn doubles(real: &RealData) -> Rows {
    let rows = read_rows(real).unwrap().rows;
    rows.part(0..rows.count())
}

pub fn training_rows(data: &Dataset) -> Rows {
    data.train_rows.rows().unwrap()
}

pub fn file(path: PathBuf) -> RealData {
    real(RowsOrigin::File { path, array: None })
}

/// Thirty rows in three dimensions, the third the sum of the others, and a group.
pub fn plane() -> (RealData, TempDir) {
    let row = |i: i32| {
        let (a, b) = ((i * 37 % 11) as f64, (i * 53 % 17) as f64 + 4.0);
        format!("{a},{b},{},g{}\n", a + b, i / 5)
    };
    let (mut real, folder) = table(&(0..30).map(row).collect::<String>());
    real.columns = Columns::of(0..3);
    (real, folder)
}

pub fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{a} is not {b}");
}

pub fn assert_close(a: &Rows, b: &Rows) {
    assert_eq!((a.count(), a.dim()), (b.count(), b.dim()));
    for i in 0..a.count() {
        a.row(i)
            .iter()
            .zip(b.row(i))
            .for_each(|(&a, &b)| close(a, b));
    }
}

pub fn message(error: DataError) -> String {
    error.to_string()
}
