//! The state of a sweep, from its rows alone: nothing is written, and no clock of another machine is asked.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::Serialize;

use super::log::{Header, logs_in};
use super::manifest::Manifest;
use super::row::{Ended, RowEnd};
use super::rows::Rows;
use super::shape::Sweep;
use crate::run::RunError;
use crate::text::statistics::quantiles;

/// The state of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepStatus {
    /// All runs of the grid.
    pub runs: usize,
    /// Runs that are done.
    pub done: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that remain.
    pub left: usize,
    /// Why runs failed, the most frequent reason first.
    pub failures: Vec<FailedRuns>,
    /// The time of a run; `None` if none is done.
    pub seconds: Option<RunSeconds>,
    /// The parts of the grid, as the process that began last counts them.
    pub shards: Vec<ShardStatus>,
    /// The processes that are at work; where that is unknown, those that began last in each shard.
    pub processes: Vec<ProcessStatus>,
    /// How many processes are at work, by the locks that they hold. `None` if the file system has no locks.
    pub at_work: Option<usize>,
    /// Runs that remain in shards of none of `processes`.
    pub unattended: usize,
    /// Seconds until `processes` have done their shards, if each goes on at its mean speed so far; `None` if one of them
    /// has no row yet, or there are none.
    pub seconds_left: Option<f64>,
}

/// Runs that failed for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedRuns {
    /// The error of one of them. Those of the others differ from it in numbers at most.
    pub reason: String,
    /// How many there are.
    pub runs: usize,
}

/// The seconds of the runs that are done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RunSeconds {
    /// Half of the runs take less, or as long.
    pub median: f64,
    /// The fastest run.
    pub least: f64,
    /// The slowest run.
    pub most: f64,
}

/// The part I of K of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ShardStatus {
    /// `[I, K]`, I from 1.
    pub shard: (usize, usize),
    /// Its runs that are done.
    pub done: usize,
    /// Its runs that failed.
    pub failed: usize,
    /// Its runs that remain.
    pub left: usize,
}

/// A process that is at work on a sweep, or may be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProcessStatus {
    /// `[I, K]`: it does the part I of K.
    pub shard: (usize, usize),
    /// The name of its machine.
    pub host: Option<String>,
    /// Its number there.
    pub process: u32,
    /// Whether it holds the lock of its log; `None` if the file system has no locks.
    pub at_work: Option<bool>,
    /// The rows that it has written.
    pub rows: usize,
    /// The runs that remain of its shard.
    pub left: usize,
    /// Seconds until these are done, if it goes on at its mean speed so far.
    pub seconds_left: Option<f64>,
}

/// The state of a sweep.
///
/// # Errors
/// A folder that no sweep of this version made; files that cannot be read.
pub fn status(root: &Path) -> Result<SweepStatus, RunError> {
    let sweep = Manifest::of_sweep(root)?;
    let mut rows = Rows::<RowEnd>::default();
    let mut logs = Vec::new();
    for log in logs_in(root)? {
        let (mut count, mut at) = (0, 0.0f64);
        let header = log.read(|row: RowEnd| {
            count += 1;
            at = at.max(row.at);
            rows.add(row);
        })?;
        if let Some(header) = header {
            let at_work = log.is_at_work();
            logs.push(Log {
                header,
                rows: count,
                at,
                at_work,
            });
        }
    }
    Ok(status_of(&sweep, &rows, &logs))
}

/// What a log says of its process.
struct Log {
    header: Header,
    rows: usize,
    /// Seconds from its beginning to its last row.
    at: f64,
    at_work: Option<bool>,
}

fn status_of(sweep: &Sweep, rows: &Rows<RowEnd>, logs: &[Log]) -> SweepStatus {
    let states: Vec<State> = sweep
        .runs
        .iter()
        .map(|&run| match rows.of(run) {
            None => State::Left,
            Some(row) if row.has_failed() => State::Failed,
            Some(_) => State::Done,
        })
        .collect();
    let all = counts(states.iter());
    let shards = logs.last().map_or(1, |log| log.header.shard.1);
    let processes = processes(logs, &states);
    let times: Option<Vec<f64>> = processes.iter().map(|p| p.seconds_left).collect();
    let attended: HashSet<(usize, usize)> = processes.iter().map(|p| p.shard).collect();
    let moduli: HashSet<usize> = attended.iter().map(|shard| shard.1).collect();
    let is_attended = |place: usize| {
        let mut shards = moduli.iter().map(|&k| (place % k + 1, k));
        shards.any(|shard| attended.contains(&shard))
    };
    let left = (0..states.len()).filter(|&place| states[place] == State::Left);
    SweepStatus {
        runs: states.len(),
        done: all.done,
        failed: all.failed,
        left: all.left,
        failures: failures(sweep, rows),
        seconds: seconds(sweep, rows),
        shards: (1..=shards).map(|i| shard((i, shards), &states)).collect(),
        at_work: match logs.iter().all(|log| log.at_work.is_some()) {
            true => Some(processes.len()),
            false => None,
        },
        unattended: left.filter(|&place| !is_attended(place)).count(),
        seconds_left: times
            .filter(|times| !times.is_empty())
            .map(|times| times.into_iter().fold(0.0, f64::max)),
        processes,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Done,
    Failed,
    Left,
}

#[derive(Default)]
struct Counts {
    done: usize,
    failed: usize,
    left: usize,
}

fn counts<'a>(states: impl Iterator<Item = &'a State>) -> Counts {
    let mut counts = Counts::default();
    for state in states {
        *match state {
            State::Done => &mut counts.done,
            State::Failed => &mut counts.failed,
            State::Left => &mut counts.left,
        } += 1;
    }
    counts
}

fn shard(shard: (usize, usize), states: &[State]) -> ShardStatus {
    let (index, of) = shard;
    let Counts { done, failed, left } = counts(states.iter().skip(index - 1).step_by(of));
    ShardStatus {
        shard,
        done,
        failed,
        left,
    }
}

/// The processes at work. Where locks do not say it, the last of each shard that has runs left.
fn processes(logs: &[Log], states: &[State]) -> Vec<ProcessStatus> {
    let last: HashMap<(usize, usize), usize> = logs
        .iter()
        .enumerate()
        .map(|(at, log)| (log.header.shard, at))
        .collect();
    let mut found = Vec::new();
    for (at, log) in logs.iter().enumerate() {
        let Header {
            shard: own,
            host,
            process,
            ..
        } = &log.header;
        let left = shard(*own, states).left;
        let may_be = last[own] == at && left > 0;
        if !log.at_work.unwrap_or(may_be) {
            continue;
        }
        found.push(ProcessStatus {
            shard: *own,
            host: host.clone(),
            process: *process,
            at_work: log.at_work,
            rows: log.rows,
            left,
            seconds_left: (log.rows > 0).then(|| left as f64 * log.at / log.rows as f64),
        });
    }
    found.sort_by_key(|process| process.shard);
    found
}

/// The reasons of the runs that failed. Texts that differ in numbers alone are one reason.
fn failures(sweep: &Sweep, rows: &Rows<RowEnd>) -> Vec<FailedRuns> {
    let mut reasons: HashMap<String, FailedRuns> = HashMap::new();
    let errors = sweep
        .runs
        .iter()
        .filter_map(|&run| rows.of(run)?.error.as_deref());
    for error in errors {
        let key = error.replace(|c: char| c.is_ascii_digit(), "");
        let reason = reasons.entry(key).or_insert_with(|| FailedRuns {
            reason: error.to_owned(),
            runs: 0,
        });
        reason.runs += 1;
    }
    let mut reasons: Vec<FailedRuns> = reasons.into_values().collect();
    reasons.sort_by(|a, b| b.runs.cmp(&a.runs).then_with(|| a.reason.cmp(&b.reason)));
    reasons
}

fn seconds(sweep: &Sweep, rows: &Rows<RowEnd>) -> Option<RunSeconds> {
    let done = sweep.runs.iter().filter_map(|&run| rows.of(run));
    let done = done.filter(|row| !row.has_failed());
    let seconds: Vec<f64> = done.map(|row| row.seconds).collect();
    let has_some = !seconds.is_empty();
    let [least, median, most] = quantiles(seconds, [0.0, 0.5, 1.0]);
    has_some.then_some(RunSeconds {
        median,
        least,
        most,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::sweep::shape::GridShape;

    /// A sweep of eight runs.
    fn sweep() -> Sweep {
        let shape = serde_json::json!({
            "axes": [{"key": "a", "values": ["1", "2"]}],
            "repeats": 4,
            "seeds": [1, 2, 3, 4]
        });
        let shape: GridShape = serde_json::from_value(shape).unwrap();
        let name = |i: usize| format!("{i:016x}").parse().unwrap();
        let runs = (0..shape.len()).map(name).collect();
        Sweep {
            shape,
            runs,
            settings: BTreeMap::new(),
        }
    }

    fn rows(ended: &[(usize, f64, Option<&str>)]) -> Rows<RowEnd> {
        let mut rows = Rows::default();
        for &(run, seconds, error) in ended {
            let text = serde_json::json!({"run": format!("{run:016x}"), "seconds": seconds, "at": 0, "error": error});
            rows.add(serde_json::from_value(text).unwrap());
        }
        rows
    }

    fn log(shard: (usize, usize), rows: usize, at: f64, at_work: Option<bool>) -> Log {
        let header = Header::of((shard.0 - 1, shard.1), BTreeMap::new(), BTreeMap::new());
        Log {
            header,
            rows,
            at,
            at_work,
        }
    }

    #[test]
    fn the_state_is_counted_by_shard_with_the_reasons_of_failures() {
        let rows = rows(&[
            (0, 1.0, None),
            (1, 9.0, Some("epoch 7: not finite")),
            (2, 3.0, None),
            (3, 8.0, Some("epoch 12: not finite")),
            (4, 2.0, None),
            (5, 8.0, Some("no memory")),
        ]);
        let logs = [
            log((1, 2), 3, 6.0, Some(false)),
            log((2, 2), 3, 25.0, Some(false)),
        ];
        let status = status_of(&sweep(), &rows, &logs);
        assert_eq!(
            (status.runs, status.done, status.failed, status.left),
            (8, 3, 3, 2)
        );
        let reasons: Vec<_> = status
            .failures
            .iter()
            .map(|f| (f.runs, f.reason.as_str()))
            .collect();
        assert_eq!(reasons, [(2, "epoch 7: not finite"), (1, "no memory")]);
        let shards: Vec<_> = status
            .shards
            .iter()
            .map(|s| (s.done, s.failed, s.left))
            .collect();
        assert_eq!(shards, [(3, 0, 1), (0, 3, 1)]);
        let seconds = status.seconds.unwrap();
        assert_eq!(
            (seconds.least, seconds.median, seconds.most),
            (1.0, 2.0, 3.0)
        );
        assert_eq!((status.at_work, status.unattended), (Some(0), 2));
        assert_eq!(status.seconds_left, None);
    }

    #[test]
    fn the_time_left_is_that_of_the_slowest_process_at_its_speed_so_far() {
        let rows = rows(&[(0, 1.0, None), (2, 1.0, None), (1, 5.0, None)]);
        // The shards have 2 and 3 runs left, at 2 and 4 seconds a row.
        let mut logs = vec![
            log((1, 2), 2, 4.0, Some(true)),
            log((2, 2), 1, 4.0, Some(true)),
        ];
        let status = status_of(&sweep(), &rows, &logs);
        assert_eq!((status.at_work, status.unattended), (Some(2), 0));
        assert_eq!(status.seconds_left, Some(12.0));
        logs[1].at_work = Some(false);
        let status = status_of(&sweep(), &rows, &logs);
        assert_eq!((status.at_work, status.unattended), (Some(1), 3));
        assert_eq!(status.seconds_left, Some(4.0));
    }

    #[test]
    fn without_locks_the_last_process_of_each_shard_may_be_at_work_and_how_many_are_is_unknown() {
        let logs = [
            log((1, 2), 5, 5.0, None),
            log((1, 2), 1, 2.0, None),
            log((2, 2), 0, 0.0, None),
        ];
        let status = status_of(&sweep(), &rows(&[(0, 1.0, None)]), &logs);
        let listed: Vec<_> = status.processes.iter().map(|p| (p.shard, p.rows)).collect();
        assert_eq!(listed, [((1, 2), 1), ((2, 2), 0)]);
        assert_eq!((status.at_work, status.seconds_left), (None, None));
    }
}
