//! The rows of a sweep: each process appends lines to a log of its own, so no process waits for another, and a sweep of
//! a million runs has as many files as processes.
//!
//! A line is there whole or does not count: the part of a line at the end of a log that a killed process left is passed
//! over, and its run is done again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::identity::{VERSION, is_run_name};
use super::row::{Differences, RunRow};
use crate::run::RunError;
use crate::run::lock::{Answer, this_host};
use crate::run::ownership::names_in;

/// The folder of the logs, in that of a sweep.
pub(super) const ROWS: &str = "rows";
const ENDING: &str = ".jsonl";
/// A power cut loses the rows of this time at most. The runs are then done again.
const BETWEEN_SYNCS: Duration = Duration::from_secs(1);

/// The first line of a log: which process wrote it, and what its rows have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    pub program_version: String,
    pub host: Option<String>,
    pub process: u32,
    /// `[I, K]`, the part of the grid that the process does.
    pub shard: (usize, usize),
    /// The SHA-256 of each data file.
    pub data: BTreeMap<PathBuf, String>,
    /// The settings of the first run of the grid. Each row has its differences from them.
    pub base: BTreeMap<String, String>,
}

impl Header {
    /// The header of this process, whose part `(i, k)` counts from 0.
    pub fn of(
        (index, of): (usize, usize),
        data: BTreeMap<PathBuf, String>,
        base: BTreeMap<String, String>,
    ) -> Self {
        Self {
            program_version: VERSION.to_owned(),
            host: this_host(),
            process: std::process::id(),
            shard: (index + 1, of),
            data,
            base,
        }
    }
}

/// A row as it is written.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    row: &'a RunRow,
    #[serde(skip_serializing_if = "Differences::is_empty")]
    differs: Differences,
}

/// The log of this process.
pub(super) struct RowLog {
    path: PathBuf,
    begun: Instant,
    end: Mutex<End>,
}

/// The end of a log.
struct End {
    file: File,
    length: u64,
    synced: Instant,
    is_broken: bool,
}

impl RowLog {
    /// Begins a log.
    pub fn create(root: &Path, header: &Header) -> Result<Self, RunError> {
        let folder = root.join(ROWS);
        fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
        let last = logs_in(root)?.last().map_or(0, |log| log.number);
        let (path, file) = create_after(&folder, last)?;
        // The lock says that this process is at work. Without locks nobody knows, and the rows are right all the same.
        let _ = file.lock();
        let now = Instant::now();
        let log = Self {
            path,
            begun: now,
            end: Mutex::new(End {
                file,
                length: 0,
                synced: now,
                is_broken: false,
            }),
        };
        log.append(header)?;
        Ok(log)
    }

    /// Adds the row of a run.
    pub fn add(&self, mut row: RunRow, differs: Differences) -> Result<(), RunError> {
        row.at = self.begun.elapsed().as_secs_f64();
        self.append(&Line { row: &row, differs })
    }

    /// Brings all rows onto the disk.
    pub fn sync(&self) -> Result<(), RunError> {
        let end = self.end.lock().expect("no job panics");
        end.file.sync_data().map_err(RunError::io(&self.path))
    }

    fn append(&self, line: &impl Serialize) -> Result<(), RunError> {
        let mut text = serde_json::to_vec(line).expect("keys of numbers and text");
        text.push(b'\n');
        let mut end = self.end.lock().expect("no job panics");
        end.append(&text).map_err(RunError::io(&self.path))
    }
}

impl End {
    fn append(&mut self, text: &[u8]) -> io::Result<()> {
        if self.is_broken {
            return Err(io::Error::other("an earlier row could not be written"));
        }
        if let Err(error) = self.file.write_all(text) {
            // No other row may follow the part of a row.
            self.is_broken = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length += text.len() as u64;
        if self.synced.elapsed() >= BETWEEN_SYNCS {
            self.file.sync_data()?;
            self.synced = Instant::now();
        }
        Ok(())
    }
}

/// Creates the next log. Only one process can create a file, also on file systems without locks.
fn create_after(folder: &Path, last: u64) -> Result<(PathBuf, File), RunError> {
    let mut number = last + 1;
    loop {
        let path = folder.join(format!("{number:06}{ENDING}"));
        let mut options = fs::OpenOptions::new();
        match options.append(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(RunError::io(path)(error)),
        }
    }
}

/// A log that a process wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogFile {
    pub path: PathBuf,
    /// Logs that were begun later have higher numbers.
    pub number: u64,
}

/// The logs of a sweep, in the order in which they were begun.
///
/// # Errors
/// Rows of a version that kept a file for each.
pub(super) fn logs_in(root: &Path) -> Result<Vec<LogFile>, RunError> {
    let folder = root.join(ROWS);
    let mut logs = Vec::new();
    for name in names_in(&folder)? {
        let Some(name) = name.to_str() else { continue };
        let path = folder.join(name);
        if is_old_row(name) {
            let problem = "is a row of an older version of lindiff, which kept a file for each run: choose another --out, or \
                           start anew with --overwrite";
            let problem = problem.to_owned();
            return Err(RunError::Data { path, problem });
        }
        if let Some(number) = log_number(name) {
            logs.push(LogFile { path, number });
        }
    }
    logs.sort_by_key(|log| log.number);
    Ok(logs)
}

/// Whether a sweep of this version or an older one wrote a file of this name in the folder of its rows.
pub(super) fn is_of_rows(name: &str) -> bool {
    is_old_row(name) || log_number(name).is_some()
}

fn is_old_row(name: &str) -> bool {
    name.strip_suffix(".json").is_some_and(is_run_name)
}

fn log_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(ENDING)?;
    let all = digits.len() >= 6 && digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| digits.parse().ok())?
}

impl LogFile {
    /// Reads the rows one after another. Returns the header; `None` if the process was killed before it was written.
    ///
    /// # Errors
    /// A line that is not a row, unless it is the unfinished last one.
    pub fn read<R: DeserializeOwned>(
        &self,
        mut each: impl FnMut(R),
    ) -> Result<Option<Header>, RunError> {
        let file = File::open(&self.path).map_err(RunError::io(&self.path))?;
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let (mut header, mut line) = (None, Vec::new());
        for number in 1.. {
            line.clear();
            let read = reader.read_until(b'\n', &mut line);
            read.map_err(RunError::io(&self.path))?;
            if line.last() != Some(&b'\n') {
                break;
            }
            let taken = match header {
                None => serde_json::from_slice(&line).map(|read| header = Some(read)),
                Some(_) => serde_json::from_slice(&line).map(&mut each),
            };
            taken.map_err(|error| RunError::Data {
                path: self.path.clone(),
                problem: format!(
                    "line {number} is not a row of a sweep: {error}; remove that line"
                ),
            })?;
        }
        Ok(header)
    }

    /// Whether the process that wrote it is at work, by the lock that it holds; `None` on a file system without locks.
    pub fn is_at_work(&self) -> Option<bool> {
        let file = File::open(&self.path).ok()?;
        match Answer::of(file.try_lock_shared()).ok()? {
            Answer::Held => Some(false),
            Answer::Taken => Some(true),
            Answer::NoLocks => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::row::RowEnd;

    fn header() -> Header {
        Header::of((0, 1), BTreeMap::new(), BTreeMap::new())
    }

    fn row(run: &str) -> RunRow {
        let text = format!("{{\"run\":\"{run}\",\"seconds\":1,\"at\":0}}");
        serde_json::from_str(&text).unwrap()
    }

    fn runs(log: &LogFile) -> Vec<String> {
        let mut runs = Vec::new();
        log.read(|row: RowEnd| runs.push(row.run.to_string()))
            .unwrap();
        runs
    }

    #[test]
    fn a_log_that_is_cut_at_any_byte_has_the_rows_before_the_cut() {
        let folder = tempfile::tempdir().unwrap();
        let log = RowLog::create(folder.path(), &header()).unwrap();
        let names = ["0000000000000001", "0000000000000002", "0000000000000003"];
        for name in names {
            log.add(row(name), Differences::new()).unwrap();
        }
        let file = logs_in(folder.path()).unwrap().remove(0);
        let whole = fs::read(&file.path).unwrap();
        for length in 0..=whole.len() {
            fs::write(&file.path, &whole[..length]).unwrap();
            let lines = whole[..length].iter().filter(|&&b| b == b'\n').count();
            assert_eq!(runs(&file), names[..lines.saturating_sub(1)], "{length}");
        }
    }

    #[test]
    fn a_damaged_line_before_the_end_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let log = RowLog::create(folder.path(), &header()).unwrap();
        for name in ["0000000000000001", "0000000000000002"] {
            log.add(row(name), Differences::new()).unwrap();
        }
        let file = logs_in(folder.path()).unwrap().remove(0);
        let text = fs::read_to_string(&file.path).unwrap();
        fs::write(&file.path, text.replacen("seconds", "second", 1)).unwrap();
        let error = file.read(|_: RowEnd| {}).unwrap_err().to_string();
        assert!(
            error.contains("000001.jsonl: line 2 is not a row"),
            "{error}"
        );
    }

    #[test]
    fn processes_that_begin_at_once_have_logs_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| RowLog::create(folder.path(), &header()).unwrap());
            }
        });
        let numbers: Vec<u64> = logs_in(folder.path())
            .unwrap()
            .iter()
            .map(|log| log.number)
            .collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[cfg(unix)]
    #[test]
    fn a_log_says_whether_its_process_is_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let log = RowLog::create(folder.path(), &header()).unwrap();
        let file = logs_in(folder.path()).unwrap().remove(0);
        assert_eq!(file.is_at_work(), Some(true));
        drop(log);
        assert_eq!(file.is_at_work(), Some(false));
    }
}
