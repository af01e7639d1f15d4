//! The flags that make a script of a command, for a cluster.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::failure::Failure;
use super::output::Output;
use crate::run::RunError;
use crate::script::{
    Job, Resources, Scheduler, Script, Tasks, TimeLimit, largest_array, script, submit,
};
use crate::text::{FileError, write_whole};

/// Flags that make a script of a command.
#[derive(Debug, Args)]
#[command(next_help_heading = "On a cluster")]
pub(super) struct ScriptFlags {
    /// Print a script that does this in tasks of a scheduler, and do nothing now
    #[arg(long, value_name = "SCHEDULER", value_enum)]
    pub(super) script: Option<SchedulerName>,
    /// Write the script beside the results and submit it, instead of printing it
    #[arg(long, requires = "script")]
    submit: bool,
    /// At most P tasks at a time
    #[arg(long, value_name = "P", requires = "script")]
    parallel: Option<NonZero<usize>>,
    /// The longest that a task may take: MINUTES, H:MM:SS or DAYS-HOURS
    #[arg(long, value_name = "TIME", requires = "script")]
    time_limit: Option<TimeLimit>,
    /// Cores of a task, which are also its threads
    #[arg(long, value_name = "N", requires = "script")]
    cpus: Option<NonZero<usize>>,
    /// Memory of a task, such as 4G (Slurm)
    #[arg(long, value_name = "SIZE", requires = "script")]
    mem: Option<String>,
    /// Options of sbatch, such as "--partition=gpu --account=x" (may be repeated)
    #[arg(
        long,
        value_name = "LINE",
        requires = "script",
        allow_hyphen_values = true
    )]
    sbatch: Vec<String>,
    /// A line of shell before the program, such as "module load gcc" (may be repeated)
    #[arg(
        long,
        value_name = "LINE",
        requires = "script",
        allow_hyphen_values = true
    )]
    setup: Vec<String>,
    /// The most tasks in an array of Slurm: its MaxArraySize minus 1 (default: as Slurm says with --submit, or 1000)
    #[arg(long, value_name = "N", requires = "script")]
    max_array: Option<NonZero<usize>>,
}

/// The name of a scheduler on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchedulerName {
    Slurm,
    #[value(name = "hyperqueue", alias = "hq")]
    HyperQueue,
    Parallel,
}

impl From<SchedulerName> for Scheduler {
    fn from(name: SchedulerName) -> Self {
        match name {
            SchedulerName::Slurm => Self::Slurm,
            SchedulerName::HyperQueue => Self::HyperQueue,
            SchedulerName::Parallel => Self::Parallel,
        }
    }
}

/// What a script is made of, and where it is put.
pub(super) struct Plan<'a> {
    pub(super) name: String,
    pub(super) tasks: Tasks,
    /// The folder of the script; what its tasks say goes into `logs` there.
    pub(super) folder: &'a Path,
    /// The name of the script's file without its ending.
    pub(super) stem: String,
    /// Prepares the folder. It is called before the script is written.
    pub(super) prepare: &'a dyn Fn() -> Result<(), RunError>,
    /// What is typed to see how far it is.
    pub(super) watch: Vec<String>,
    /// What is typed, or read, when it is done.
    pub(super) collect: Vec<String>,
}

#[derive(Serialize)]
struct Printed<'a> {
    script: &'a str,
}

#[derive(Serialize)]
struct Queued {
    /// The numbers of the jobs.
    jobs: Vec<String>,
    /// The file of the script.
    script: PathBuf,
    tasks: usize,
    watch: Vec<String>,
    collect: Vec<String>,
}

impl ScriptFlags {
    /// Prints the script of a plan, or submits it.
    pub(super) fn hand_over(
        &self,
        scheduler: SchedulerName,
        plan: Plan<'_>,
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        let scheduler = Scheduler::from(scheduler);
        let job = Job {
            name: plan.name.clone(),
            program: program()?,
            folder: here()?,
            tasks: plan.tasks.clone(),
            resources: self.resources(scheduler),
        };
        let script = script(&job, scheduler)?;
        if self.submit {
            let queued = queue(scheduler, &script, plan)?;
            output.result(&queued, |_| text(&queued))?;
        } else if output.is_json() {
            let script = &script.text;
            output.result(&Printed { script }, |_| String::new())?;
        } else {
            output.print(&script.text)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn resources(&self, scheduler: Scheduler) -> Resources {
        let default = Resources::default();
        let asks = self.submit && scheduler == Scheduler::Slurm;
        let told = || largest_array().filter(|_| asks);
        Resources {
            at_once: self.parallel,
            time_limit: self.time_limit,
            cpus: self.cpus,
            memory: self.mem.clone(),
            options: self.sbatch.clone(),
            setup: self.setup.clone(),
            largest_array: self
                .max_array
                .or_else(told)
                .unwrap_or(default.largest_array),
        }
    }
}

/// Writes a script and submits it.
fn queue(scheduler: Scheduler, script: &Script, plan: Plan<'_>) -> Result<Queued, Failure> {
    scheduler.check_queue()?;
    (plan.prepare)()?;
    let logs = plan.folder.join("logs");
    fs::create_dir_all(&logs).map_err(FileError::io(&logs))?;
    let file = free_file(plan.folder, &plan.stem, script)?;
    let submitted = submit(scheduler, script, &file, &logs)?;
    let mut watch = plan.watch;
    watch.push(match scheduler {
        Scheduler::HyperQueue => format!("hq job info {}", submitted.jobs.join(",")),
        _ => format!("squeue --job {}", submitted.jobs.join(",")),
    });
    Ok(Queued {
        jobs: submitted.jobs,
        script: submitted.script,
        tasks: plan.tasks.count(),
        watch,
        collect: plan.collect,
    })
}

fn text(queued: &Queued) -> String {
    let Queued {
        jobs,
        script,
        tasks,
        watch,
        collect,
    } = queued;
    let (s, script) = (if *tasks == 1 { "" } else { "s" }, script.display());
    let lines = |lines: &[String]| {
        lines
            .iter()
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
    };
    format!(
        "{tasks} task{s} queued as job {}: {script}\nto watch:\n{}to collect, at any time:\n{}",
        jobs.join(", "),
        lines(watch),
        lines(collect)
    )
}

/// The file for a script: one with the same text, or one that is not there yet.
fn free_file(folder: &Path, stem: &str, script: &Script) -> Result<PathBuf, Failure> {
    for number in 1.. {
        let name = match number {
            1 => format!("{stem}.sh"),
            _ => format!("{stem}-{number}.sh"),
        };
        let path = folder.join(name);
        match fs::read(&path) {
            Ok(there) if there == script.text.as_bytes() => return Ok(path),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_whole(&path, script.text.as_bytes())?;
                make_executable(&path)?;
                return Ok(path);
            }
            Err(error) => return Err(FileError::io(path)(error).into()),
        }
    }
    unreachable!("there are infinitely many names")
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, mode).map_err(FileError::io(path))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<(), FileError> {
    Ok(())
}

/// The absolute path of this program.
fn program() -> Result<PathBuf, Failure> {
    let path = env::current_exe();
    path.map_err(|error| {
        Failure::of_input(format!("the path of this program is not known: {error}"))
    })
}

/// The folder in which the command was typed.
fn here() -> Result<PathBuf, Failure> {
    env::current_dir().map_err(|error| FileError::io(".")(error).into())
}

/// The absolute path of a file or folder, which need not be there.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| FileError::io(path)(error).into())
}

/// A flag with its value, as two words; none without a value.
pub(super) fn flag(name: &str, value: Option<impl Into<OsString>>) -> Vec<OsString> {
    let value = value.map(|value| [name.into(), value.into()]);
    value.into_iter().flatten().collect()
}
