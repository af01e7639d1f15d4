//! `results.csv`, a row a run, and `summary.csv`, means and standard errors over the repeats.

use super::grid::{Axis, Point};
use super::row::{COLUMNS, PATH, Row};
use crate::run::RunError;

/// A point of the grid and its row, if it was run.
pub type Entry = (Point, String, Option<Row>);

/// Every run: the varied keys, `repeat`, `seed`, the measured columns, `predicted_path`, `seconds`, `status` (`done`, `left`, or the error)
/// and the name of its folder.
pub fn results(axes: &[Axis], entries: &[Entry]) -> Result<Vec<u8>, RunError> {
    let keys = axes.iter().map(|axis| axis.key.as_str());
    let header = keys.chain(["repeat", "seed"]).chain(COLUMNS);
    let header = header
        .chain([PATH])
        .chain(["seconds", "status", "run"])
        .map(str::to_owned)
        .collect();
    let row = |(point, digest, row): &Entry| {
        let mut cells = point.values.clone();
        cells.extend([point.repeat.to_string(), point.experiment.seed.to_string()]);
        let measured = |name: &&str| row.as_ref()?.measured.get(*name).cloned();
        let columns = COLUMNS.iter().chain(std::iter::once(&PATH));
        cells.extend(columns.map(|name| measured(name).unwrap_or_default()));
        cells.extend(match row {
            None => [String::new(), "left".to_owned()],
            Some(Row { seconds, error, .. }) => {
                let status = error.clone().unwrap_or_else(|| "done".to_owned());
                [format!("{seconds:.3}"), status]
            }
        });
        cells.push(digest.clone());
        cells
    };
    csv(header, entries.iter().map(row))
}

/// Every point of the grid: of each measured column the mean over the repeats that were done, its standard error (empty
/// for one repeat) and, once, their `count` and the `predicted_path` of the first.
pub fn summary(axes: &[Axis], entries: &[Entry]) -> Result<Vec<u8>, RunError> {
    let mut header: Vec<String> = axes.iter().map(|axis| axis.key.clone()).collect();
    header.push("count".to_owned());
    header.extend(
        COLUMNS
            .iter()
            .flat_map(|name| [name.to_string(), format!("{name}_se")]),
    );
    header.push(PATH.to_owned());
    let rows = entries
        .chunk_by(|a, b| a.0.values == b.0.values)
        .map(|repeats| {
            let done: Vec<&Row> = repeats
                .iter()
                .filter_map(|entry| entry.2.as_ref())
                .filter(|row| row.error.is_none())
                .collect();
            let mut cells = repeats[0].0.values.clone();
            cells.push(done.len().to_string());
            for name in COLUMNS {
                let values = done
                    .iter()
                    .filter_map(|row| row.measured.get(name)?.parse().ok());
                let (mean, error) = mean_and_error(&values.collect::<Vec<f64>>());
                cells.extend([mean, error].map(|x| x.map_or_else(String::new, |x| x.to_string())));
            }
            let path = done.first().and_then(|row| row.measured.get(PATH));
            cells.push(path.cloned().unwrap_or_default());
            cells
        });
    csv(header, rows)
}

/// The mean, and its standard error: the root of the unbiased variance over n, none of fewer than two values or of
/// infinite ones.
pub fn mean_and_error(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let n = values.len() as f64;
    if values.is_empty() {
        return (None, None);
    }
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 || !mean.is_finite() {
        return (Some(mean), None);
    }
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (Some(mean), Some((squares / (n - 1.0) / n).sqrt()))
}

fn csv(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, RunError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(header).chain(rows) {
        writer.write_record(row).expect("written to memory");
    }
    Ok(writer.into_inner().expect("written to memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_error_is_that_of_the_mean() {
        let (mean, error) = mean_and_error(&[1.0, 2.0, 4.0, 5.0]);
        assert_eq!(mean, Some(3.0));
        assert!((error.unwrap() - (10.0f64 / 3.0 / 4.0).sqrt()).abs() < 1e-15);
        assert_eq!(mean_and_error(&[2.0]), (Some(2.0), None));
        assert_eq!(
            mean_and_error(&[1.0, f64::INFINITY]),
            (Some(f64::INFINITY), None)
        );
        assert_eq!(mean_and_error(&[]), (None, None));
    }
}
