//! `lindiff sweep --status DIR` and `--tables DIR`: what a sweep's rows say at any time.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::screen::page_of;
use crate::sweep::{ListColumn, MoreTables, SweepResult, SweepStatus, status, write_tables};
use crate::text::{Page, Table, document_line, number};

/// The most shards and reasons that are listed.
const LISTED: usize = 20;

/// What belongs to the sweep itself.
const OF_A_SWEEP: [&str; 11] = [
    "config",
    "grid",
    "set",
    "repeats",
    "jobs",
    "shard",
    "slim",
    "out",
    "retry_failed",
    "overwrite",
    "script",
];

/// What is asked of a sweep that is there, without its experiment.
#[derive(Debug, Args)]
pub(super) struct Asked {
    /// How far is the sweep in DIR? From its rows alone
    #[arg(long, value_name = "DIR", conflicts_with = "tables", conflicts_with_all = OF_A_SWEEP)]
    status: Option<PathBuf>,
    /// With --status: look again every S seconds (5) until no run is left; in a pipe, a line each time
    #[arg(long, value_name = "S", requires = "status", num_args = 0..=1, require_equals = true, default_missing_value = "5")]
    #[arg(value_parser = interval)]
    watch: Option<Duration>,
    /// Write the tables of the sweep in DIR from the rows that are there, also while it is at work
    #[arg(long, value_name = "DIR", conflicts_with_all = OF_A_SWEEP)]
    tables: Option<PathBuf>,
    /// Write results.parquet too: the results with types (needs a build with the feature `parquet`)
    ///
    /// A sweep that a scheduler does writes it afterwards, by --tables.
    #[arg(long, conflicts_with_all = ["status", "script"])]
    parquet: bool,
    /// Further columns of results.parquet, lists of numbers from the run directories: spectra, losses-by-step
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        requires = "parquet"
    )]
    columns: Vec<ListColumn>,
}

fn interval(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|&seconds: &f64| seconds >= 0.1);
    let interval = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    interval.ok_or_else(|| "not a number of seconds, at least 0.1".to_owned())
}

impl Asked {
    /// Answers what was asked; `None` if nothing was.
    pub(super) fn answer(&self, output: &Output) -> Option<Result<ExitCode, Failure>> {
        let done = match (&self.status, &self.tables) {
            (Some(root), _) => self.tell_status(root, output),
            (None, Some(root)) => self.tell_tables(root, output),
            (None, None) => return None,
        };
        Some(done.map(|()| ExitCode::SUCCESS))
    }

    /// The tables that are written beside `results.csv` and `summary.csv`.
    pub(super) fn more_tables(&self) -> MoreTables {
        MoreTables {
            parquet: self.parquet,
            lists: self.columns.clone(),
        }
    }

    fn tell_status(&self, root: &Path, output: &Output) -> Result<(), Failure> {
        let Some(interval) = self.watch else {
            let now = status(root)?;
            return output.result(&now, |page| text(&now, page));
        };
        let mut drawn = 0;
        loop {
            let now = status(root)?;
            output.print(&redrawn(&now, output, &mut drawn))?;
            if now.left == 0 {
                return Ok(());
            }
            std::thread::sleep(interval);
        }
    }

    fn tell_tables(&self, root: &Path, output: &Output) -> Result<(), Failure> {
        let result = write_tables(root, &self.more_tables())?;
        output.result(&result, |_| result_text(&result, output.seconds()))
    }
}

/// A look at a sweep: a line of JSON or of text, or on a terminal the whole text in place of the last, which had `drawn`
/// lines.
fn redrawn(now: &SweepStatus, output: &Output, drawn: &mut usize) -> String {
    if output.is_json() {
        return document_line(now) + "\n";
    }
    if !io::stdout().is_terminal() {
        return first_line(now) + "\n";
    }
    let page = page_of(&io::stdout());
    let shown = page.wrap(text(now, page).trim_end()) + "\n";
    let up = match *drawn {
        0 => String::new(),
        lines => format!("\x1b[{lines}A\x1b[J"),
    };
    *drawn = shown.lines().count();
    up + &shown
}

/// The state of a grid at the end of a sweep, and where its tables are.
pub(super) fn result_text(result: &SweepResult, seconds: f64) -> String {
    let SweepResult {
        runs,
        done,
        failed,
        left,
        ..
    } = result;
    let next = match (result.interrupted, *left) {
        (_, 0) => "",
        (true, _) => "; the same command goes on",
        (false, _) => "; other shards have those left, or the same command goes on",
    };
    format!(
        "{runs} runs: {done} done, {failed} failed, {left} left, in {seconds:.1} s{next}\n{}\n{}",
        result.results.display(),
        result.summary.display()
    )
}

fn first_line(now: &SweepStatus) -> String {
    let SweepStatus {
        runs,
        done,
        failed,
        left,
        ..
    } = now;
    let time = match now.seconds_left {
        Some(seconds) if *left > 0 => format!(", {} for those at work", span(seconds)),
        _ => String::new(),
    };
    format!("{runs} runs: {done} done, {failed} failed, {left} left{time}")
}

fn text(now: &SweepStatus, page: Page) -> String {
    let mut text = first_line(now) + "\n";
    if let Some(seconds) = now.seconds {
        let [median, least, most] = [seconds.median, seconds.least, seconds.most].map(number);
        text += &format!("A run takes {median} s (median; {least} to {most} s).\n");
    }
    for failed in now.failures.iter().take(LISTED) {
        text += &format!("{} failed: {}\n", failed.runs, failed.reason);
    }
    if now.failures.len() > LISTED {
        text += &format!(
            "{} reasons more (--json has all)\n",
            now.failures.len() - LISTED
        );
    }
    if now.shards.len() > 1 {
        text += &shards(now, page);
    }
    if now.left > 0 {
        text += &at_work(now);
    }
    text
}

/// The shards that have runs left.
fn shards(now: &SweepStatus, page: Page) -> String {
    let open = now.shards.iter().filter(|shard| shard.left > 0);
    let mut table = Table::new(["shard", "done", "failed", "left"]);
    let mut listed = 0;
    for shard in open.clone().take(LISTED) {
        let (index, of) = shard.shard;
        let counts = [shard.done, shard.failed, shard.left].map(|count| count.to_string());
        table.row([vec![format!("{index}/{of}")], counts.to_vec()].concat());
        listed += 1;
    }
    let more = open.count() - listed;
    match (listed, more) {
        (0, _) => String::new(),
        (_, 0) => format!("\n{}\n", table.on(page)),
        _ => format!(
            "\n{}{more} shards more (--json has all)\n\n",
            table.on(page)
        ),
    }
}

fn at_work(now: &SweepStatus) -> String {
    let time = match (now.processes.is_empty(), now.seconds_left) {
        (true, _) => String::new(),
        (_, Some(seconds)) => format!(
            " If each goes on at its mean speed so far, the last ends in {}.",
            span(seconds)
        ),
        (_, None) => " One has no row yet, so the time left is not known.".to_owned(),
    };
    let processes = now.processes.len();
    let mut text = match now.at_work {
        Some(0) => "No process holds the lock of its log: nobody is at work, or only machines whose locks are not seen \
                    here."
            .to_owned(),
        Some(1) => format!("1 process is at work, by the lock of its log.{time}"),
        Some(at_work) => format!("{at_work} processes are at work, by the locks of their logs.{time}"),
        None => format!(
            "This file system has no locks, so it is not known who is at work. {processes} shards were begun and have runs \
             left.{time}"
        ),
    };
    text.push('\n');
    if now.unattended > 0 {
        let work = now.seconds.map_or_else(String::new, |seconds| {
            let all = seconds.median * now.unattended as f64;
            format!(", one after another about {}", span(all))
        });
        text += &format!(
            "{} runs are left in shards that nobody does now{work}: the sweep's command goes on with them.\n",
            now.unattended
        );
    }
    text
}

/// A time in the unit that suits it.
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 6000.0 => format!("{:.0} min", s / 60.0),
        s if s < 360_000.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_unit_that_suits_it() {
        let spans = [0.4, 99.0, 600.0, 7200.0, 864_000.0].map(span);
        assert_eq!(spans, ["0 s", "99 s", "10 min", "2.0 h", "10.0 days"]);
    }
}
