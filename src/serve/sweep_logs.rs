//! The logs of a sweep: how many rows they hold, and the tables of a sweep that goes on.
//!
//! A sweep writes its tables when it ends. Until then its record says which runs it has, and its logs which of them have
//! ended. As all of `serve` this reads the files by the names in them, so that it needs no room that trains.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::stamp::Stamp;
use super::table::{MOST_ROWS, Table};
use crate::text::statistics::mean_and_error;

/// The record of a sweep, as far as it is needed here.
#[derive(Deserialize)]
struct Record {
    grid: Grid,
    question: Question,
}

/// The order of the runs: the last axis varies fastest, and within each point the repeats.
#[derive(Deserialize)]
struct Grid {
    axes: Vec<Axis>,
    repeats: usize,
}

#[derive(Deserialize)]
struct Axis {
    key: String,
    values: Vec<String>,
}

#[derive(Deserialize)]
struct Question {
    runs: Vec<String>,
}

/// The name of the run of a line.
#[derive(Deserialize)]
struct Named<'a> {
    run: &'a str,
}

/// How a run ended.
#[derive(Deserialize)]
struct Ended {
    #[serde(default)]
    measured: Numbers,
    seconds: f64,
    #[serde(default)]
    failures: u32,
    error: Option<String>,
}

/// Columns and what is written in them, in the order of the log.
#[derive(Default)]
struct Numbers(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns with their numbers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Numbers, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Numbers(pairs))
            }
        }
        from.deserialize_map(Pairs)
    }
}

impl Numbers {
    fn of(&self, column: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs
            .find(|(name, _)| name == column)
            .map(|(_, text)| text.as_str())
    }
}

impl Ended {
    /// A run that was done counts before one that failed, and a later failure before an earlier one.
    fn supersedes(&self, other: &Self) -> bool {
        match (self.error.is_some(), other.error.is_some()) {
            (true, true) => self.failures > other.failures,
            (mine, others) => !mine && others,
        }
    }

    fn status(&self) -> &str {
        self.error.as_deref().unwrap_or("done")
    }
}

/// The logs of a sweep, by name. A link in the place of their folder has none.
pub(super) fn logs(sweep: &Path) -> Vec<PathBuf> {
    let folder = sweep.join("rows");
    let entries = Stamp::of(&folder).map(|_| fs::read_dir(folder));
    let entries = entries.into_iter().flatten().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let paths = files.map(|entry| entry.path());
    let mut logs: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    logs.sort();
    logs
}

/// The number of rows of a log. Its first line is of its process.
pub(super) fn rows_in(log: &Path) -> io::Result<usize> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(log)?);
    let mut lines: usize = 0;
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(lines.saturating_sub(1));
        }
        lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        let read = bytes.len();
        file.consume(read);
    }
}

/// `results` and `summary` of the rows that are there so far, of the first runs of the sweep; `None` if its record does not
/// say which runs it has. They have the columns of the sweep's own tables, but for the seed.
///
/// # Errors
/// Says which file cannot be read.
pub(super) fn tables_so_far(sweep: &Path) -> Result<Option<[Table; 2]>, String> {
    let record = fs::read(sweep.join("sweep.json"));
    let record = record.map_err(|error| format!("sweep.json: {error}"))?;
    let Ok(Record { grid, question }) = serde_json::from_slice(&record) else {
        return Ok(None);
    };
    let mut runs = question.runs;
    let all = runs.len();
    if all == 0 || grid.len() != all {
        return Ok(None);
    }
    runs.truncate(MOST_ROWS);
    let wanted = runs.iter().map(|run| (run.clone(), None));
    let mut ended: HashMap<String, Option<Ended>> = wanted.collect();
    for log in logs(sweep) {
        let name = log.file_name().unwrap_or_default().to_string_lossy();
        read(&log, &mut ended).map_err(|error| format!("rows/{name}: {error}"))?;
    }
    let so_far = SoFar { grid, runs, ended };
    let columns = so_far.columns();
    Ok(Some([
        so_far.results(&columns, all),
        so_far.summary(&columns, all),
    ]))
}

/// Takes the rows of the wanted runs from a log. A last line that is half-written is left out.
fn read(log: &Path, wanted: &mut HashMap<String, Option<Ended>>) -> io::Result<()> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(log)?);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        file.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(());
        }
        if number > 1 {
            take(&line, wanted).map_err(|error| {
                let problem = format!("line {number} is not a row of a sweep: {error}");
                io::Error::new(io::ErrorKind::InvalidData, problem)
            })?;
        }
    }
    Ok(())
}

fn take(line: &[u8], wanted: &mut HashMap<String, Option<Ended>>) -> serde_json::Result<()> {
    let Named { run } = serde_json::from_slice(line)?;
    if let Some(there) = wanted.get_mut(run) {
        let row: Ended = serde_json::from_slice(line)?;
        if there.as_ref().is_none_or(|there| row.supersedes(there)) {
            *there = Some(row);
        }
    }
    Ok(())
}

/// The first runs of a sweep, with the rows of those that have ended.
struct SoFar {
    grid: Grid,
    runs: Vec<String>,
    ended: HashMap<String, Option<Ended>>,
}

impl SoFar {
    fn row(&self, run: &str) -> Option<&Ended> {
        self.ended.get(run)?.as_ref()
    }

    /// The measured columns, in the order in which rows have them.
    fn columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        for row in self.runs.iter().filter_map(|run| self.row(run)) {
            for (name, _) in &row.measured.0 {
                if !columns.contains(name) {
                    columns.push(name.clone());
                }
            }
        }
        columns
    }

    fn keys(&self) -> Vec<String> {
        let axes = self.grid.axes.iter();
        axes.map(|axis| axis.key.clone()).collect()
    }

    fn results(&self, columns: &[String], rows: usize) -> Table {
        let cells = |(place, run): (usize, &String)| {
            let row = self.row(run);
            let mut cells = self.grid.values_at(place / self.grid.repeats);
            cells.push((place % self.grid.repeats).to_string());
            let number = |column| row.and_then(|row| row.measured.of(column));
            cells.extend(
                columns
                    .iter()
                    .map(|c| number(c).unwrap_or_default().to_owned()),
            );
            cells.push(row.map_or_else(String::new, |row| format!("{:.3}", row.seconds)));
            cells.push(row.map_or("left", Ended::status).to_owned());
            cells.push(run.clone());
            cells
        };
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Table {
            columns: [
                self.keys(),
                texts(&["repeat"]),
                columns.to_vec(),
                texts(&["seconds", "status", "run"]),
            ]
            .concat(),
            cells: self.runs.iter().enumerate().map(cells).collect(),
            rows,
        }
    }

    fn summary(&self, columns: &[String], runs: usize) -> Table {
        let cells = |(point, repeats): (usize, &[String])| {
            let rows = repeats.iter().filter_map(|run| self.row(run));
            let done: Vec<_> = rows.filter(|row| row.error.is_none()).collect();
            let mut cells = self.grid.values_at(point);
            cells.push(done.len().to_string());
            for column in columns {
                let numbers = done
                    .iter()
                    .filter_map(|row| row.measured.of(column)?.parse().ok());
                let (mean, error) = mean_and_error(&numbers.collect::<Vec<f64>>());
                let cell = |number: Option<f64>| number.map_or_else(String::new, |x| x.to_string());
                cells.extend([mean, error].map(cell));
            }
            cells
        };
        let measured = columns
            .iter()
            .flat_map(|name| [name.clone(), format!("{name}_se")]);
        let mut columns = self.keys();
        columns.push("count".to_owned());
        columns.extend(measured);
        let points = self.runs.chunks_exact(self.grid.repeats).enumerate();
        Table {
            columns,
            cells: points.map(cells).collect(),
            rows: runs / self.grid.repeats,
        }
    }
}

impl Grid {
    /// The number of runs.
    fn len(&self) -> usize {
        let axes = self.axes.iter().map(|axis| axis.values.len());
        axes.fold(self.repeats, usize::saturating_mul)
    }

    /// The values of the axes at a point.
    fn values_at(&self, mut point: usize) -> Vec<String> {
        let mut values: Vec<_> = self
            .axes
            .iter()
            .rev()
            .map(|Axis { values, .. }| {
                let value = values[point % values.len()].clone();
                point /= values.len();
                value
            })
            .collect();
        values.reverse();
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"grid": {"axes": [{"key": "n", "values": ["5", "6"]}], "repeats": 1}, "question": {"runs": ["a", "b"]}}"#;

    fn sweep(record: &str, rows: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sweep.json"), record).unwrap();
        fs::create_dir(folder.path().join("rows")).unwrap();
        fs::write(
            folder.path().join("rows/000001.jsonl"),
            format!("{{}}\n{rows}"),
        )
        .unwrap();
        folder
    }

    #[test]
    fn a_run_that_was_done_counts_before_one_that_failed_and_a_later_failure_before_an_earlier_one()
    {
        let row = |run: &str, failures: u32, error: &str| {
            format!(
                "{{\"run\":\"{run}\",\"seconds\":1,\"failures\":{failures},\"error\":\"{error}\"}}\n"
            )
        };
        let done = "{\"run\":\"a\",\"measured\":{\"loss\":\"0.5\"},\"seconds\":2}\n";
        let rows = [
            row("a", 0, "x"),
            done.to_owned(),
            row("a", 1, "y"),
            row("b", 1, "second"),
            row("b", 0, "first"),
        ];
        let folder = sweep(RECORD, &rows.concat());
        let [results, summary] = tables_so_far(folder.path()).unwrap().unwrap();
        assert_eq!(
            results.columns,
            ["n", "repeat", "loss", "seconds", "status", "run"]
        );
        let expected = [
            ["5", "0", "0.5", "2.000", "done", "a"],
            ["6", "0", "", "1.000", "second", "b"],
        ];
        assert_eq!(results.cells, expected);
        assert_eq!(summary.cells, [["5", "1", "0.5", ""], ["6", "0", "", ""]]);
    }

    #[test]
    fn a_record_without_its_grid_or_with_another_number_of_runs_gives_no_tables() {
        for record in [
            "{}".to_owned(),
            RECORD.replace(r#""repeats": 1"#, r#""repeats": 0"#),
            RECORD.replace(r#"["5", "6"]"#, "[]"),
            RECORD.replace(r#"["a", "b"]"#, r#"["a"]"#),
            RECORD.replace(r#"["a", "b"]"#, "[]"),
        ] {
            let folder = sweep(&record, "");
            assert_eq!(tables_so_far(folder.path()), Ok(None), "{record}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_place_of_the_logs_is_not_followed() {
        let elsewhere = sweep(RECORD, "");
        assert_eq!(logs(elsewhere.path()).len(), 1);
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("rows"), folder.path().join("rows"))
            .unwrap();
        assert_eq!(logs(folder.path()), [] as [PathBuf; 0]);
    }
}
