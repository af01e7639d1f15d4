//! Who may write in a folder? The system's locks say it. Where a file system has none, a file says it that only one
//! process can create.
//!
//! A file system without locks (Lustre that was mounted without `flock`, some NFS servers) answers "not supported" or
//! "no locks available". That is not the answer "taken". There the holder of the lock `NAME` is the process that
//! created the highest of the files `NAME.1`, `NAME.2`, ... A process that finds the highest one free creates the next.
//! The highest file is never removed, so of several processes exactly one gets the lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::RunError;
use super::layout::number_of_lock;
use super::ownership::names_in;

/// How long a process waits for another one that writes a few files, where the system cannot tell whether that is alive.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The answer of the system to a process that asks for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Held,
    /// Another process holds it.
    Taken,
    /// The file system has no locks.
    NoLocks,
}

impl Answer {
    /// Tells the answers apart. Any other error stays one.
    pub(crate) fn of(asked: Result<(), TryLockError>) -> io::Result<Self> {
        match asked {
            Ok(()) => Ok(Self::Held),
            Err(TryLockError::WouldBlock) => Ok(Self::Taken),
            Err(TryLockError::Error(error)) if means_no_locks(&error) => Ok(Self::NoLocks),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// `ENOSYS` and `EOPNOTSUPP` have a kind of their own; `ENOLCK` has none.
fn means_no_locks(error: &io::Error) -> bool {
    const ENOLCK: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
    error.kind() == io::ErrorKind::Unsupported || cfg!(unix) && error.raw_os_error() == Some(ENOLCK)
}

/// Opens a lock's file, and makes it if there is none.
pub(crate) fn open(path: &Path) -> Result<File, RunError> {
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).open(path);
    file.map_err(RunError::io(path))
}

/// What a process tells its user once where the file system has no locks.
pub(crate) fn warning(folder: &Path) -> String {
    format!(
        "{}: this file system has no locks (flock): files that are created once stand in for them",
        folder.display()
    )
}

/// A lock that this process holds alone, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    /// In place of the system's lock.
    claim: Option<Claim>,
}

/// Why a lock was not given.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Another process holds it: which one, if a file says so.
    Taken(Option<String>),
    Failed(RunError),
}

impl Lock {
    /// Takes a lock, or says who holds it.
    pub(crate) fn take(path: &Path) -> Result<Self, Refusal> {
        let file = open(path).map_err(Refusal::Failed)?;
        let answer =
            Answer::of(file.try_lock()).map_err(|e| Refusal::Failed(RunError::io(path)(e)))?;
        let claim = match answer {
            Answer::Held => None,
            Answer::Taken => return Err(Refusal::Taken(None)),
            Answer::NoLocks => Some(Claim::take(path, &Holder::here())?),
        };
        Ok(Self { _file: file, claim })
    }

    /// Waits until no other process holds a lock that is held for moments only. Where the file system has no locks, it
    /// waits for a minute at most: what is written under such a lock is whole in any case.
    pub(crate) fn wait_for(path: &Path) -> Result<Self, RunError> {
        let file = open(path)?;
        let claim = match file.lock() {
            Ok(()) => None,
            Err(error) if means_no_locks(&error) => claim_in_time(path)?,
            Err(error) => return Err(RunError::io(path)(error)),
        };
        Ok(Self { _file: file, claim })
    }

    /// Whether a file stands in for the system's lock.
    pub(crate) fn is_stand_in(&self) -> bool {
        self.claim.is_some()
    }
}

fn claim_in_time(path: &Path) -> Result<Option<Claim>, RunError> {
    let begun = Instant::now();
    loop {
        match Claim::take(path, &Holder::here()) {
            Ok(claim) => return Ok(Some(claim)),
            Err(Refusal::Failed(error)) => return Err(error),
            Err(Refusal::Taken(_)) if begun.elapsed() > LONGEST_WAIT => return Ok(None),
            Err(Refusal::Taken(_)) => std::thread::sleep(BETWEEN_LOOKS),
        }
    }
}

/// The name of this machine.
pub(crate) fn this_host() -> Option<String> {
    sysinfo::System::host_name().ok()
}

/// A process, as the file says that it created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    host: Option<String>,
    process: u32,
    /// The job of Slurm that the process belongs to.
    job: Option<String>,
    /// How often Slurm has started that job again.
    restarts: u32,
    /// Whether it gave the lock back.
    free: bool,
}

impl Holder {
    /// This process.
    fn here() -> Self {
        let restarts = std::env::var("SLURM_RESTART_COUNT").ok();
        Self {
            host: this_host(),
            process: std::process::id(),
            job: std::env::var("SLURM_JOB_ID").ok(),
            restarts: restarts.and_then(|count| count.parse().ok()).unwrap_or(0),
            free: false,
        }
    }

    /// Whether this process, seen from `here`, certainly holds nothing any more. Of a process on another host that is
    /// known only if Slurm has started its job again since. No clock is asked.
    fn is_gone(&self, here: &Self) -> bool {
        if self.free {
            return true;
        }
        let again = self.job.is_some() && self.job == here.job && here.restarts > self.restarts;
        let same_host = self.host.is_some() && self.host == here.host;
        again || same_host && !may_be_alive(self.process)
    }
}

/// Whether a process of this machine may be alive; without `/proc` nobody knows.
fn may_be_alive(process: u32) -> bool {
    let processes = Path::new("/proc");
    !processes.join("self").exists() || processes.join(process.to_string()).exists()
}

/// The highest file of a lock, which this process created.
#[derive(Debug)]
struct Claim {
    path: PathBuf,
    holder: Holder,
}

impl Claim {
    fn take(lock: &Path, here: &Holder) -> Result<Self, Refusal> {
        let highest = highest(lock).map_err(Refusal::Failed)?;
        if let Some(number) = highest {
            let path = claimed(lock, number);
            match read(&path) {
                Some(holder) if holder.is_gone(here) => {}
                holder => return Err(Refusal::Taken(Some(who(holder.as_ref(), &path)))),
            }
        }
        let number = highest.unwrap_or(0) + 1;
        let path = claimed(lock, number);
        let failed = |error| Refusal::Failed(RunError::io(&path)(error));
        let mut file = match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Refusal::Taken(Some(who(read(&path).as_ref(), &path))));
            }
            file => file.map_err(failed)?,
        };
        let text = serde_json::to_vec(here).expect("text and numbers");
        file.write_all(&text).map_err(failed)?;
        let claim = Self {
            path: path.clone(),
            holder: here.clone(),
        };
        // A process that looked long ago may have created a file whose number others have passed since.
        if self::highest(lock).map_err(Refusal::Failed)? != Some(number) {
            let _ = fs::remove_file(&path);
            return Err(Refusal::Taken(None));
        }
        for passed in numbers(lock).map_err(Refusal::Failed)? {
            if passed < number {
                let _ = fs::remove_file(claimed(lock, passed));
            }
        }
        Ok(claim)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.holder.free = true;
        let text = serde_json::to_vec(&self.holder).expect("text and numbers");
        let _ = fs::write(&self.path, text);
    }
}

fn read(path: &Path) -> Option<Holder> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Who holds a lock, and what to do if that process is gone.
fn who(holder: Option<&Holder>, path: &Path) -> String {
    let process = holder.map_or_else(
        || "a process".to_owned(),
        |holder| {
            let host = holder.host.as_deref().unwrap_or("a machine without a name");
            format!("process {} on {host}", holder.process)
        },
    );
    format!("{process}; if it is gone, remove {}", path.display())
}

fn claimed(lock: &Path, number: u64) -> PathBuf {
    let mut path = lock.as_os_str().to_owned();
    path.push(format!(".{number}"));
    path.into()
}

/// The numbers of a lock's files.
fn numbers(lock: &Path) -> Result<Vec<u64>, RunError> {
    let folder = lock.parent().unwrap_or(Path::new("."));
    let name = lock.file_name().unwrap_or_default().to_string_lossy();
    let names = names_in(folder)?;
    let numbers = names
        .iter()
        .filter_map(|n| number_of_lock(n.to_str()?, &name));
    Ok(numbers.collect())
}

fn highest(lock: &Path) -> Result<Option<u64>, RunError> {
    Ok(numbers(lock)?.into_iter().max())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(host: &str, process: u32) -> Holder {
        Holder {
            host: Some(host.to_owned()),
            process,
            job: None,
            restarts: 0,
            free: false,
        }
    }

    /// A process that has ended.
    fn ended() -> u32 {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn only_answers_that_mean_no_locks_are_taken_for_that() {
        let of = |code| Answer::of(Err(TryLockError::Error(io::Error::from_raw_os_error(code))));
        assert_eq!(
            Answer::of(Err(TryLockError::WouldBlock)).unwrap(),
            Answer::Taken
        );
        if cfg!(target_os = "linux") {
            // ENOSYS, EOPNOTSUPP, ENOLCK
            for code in [38, 95, 37] {
                assert_eq!(of(code).unwrap(), Answer::NoLocks, "{code}");
            }
            // EIO, EBADF
            for code in [5, 9] {
                assert!(of(code).is_err(), "{code}");
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_lock_made_of_files_passes_from_a_process_that_is_gone_and_from_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join(".lock");
        let (me, gone) = (holder("here", std::process::id()), holder("here", ended()));
        let far = holder("far", 1);
        let taken = |here: &Holder| match Claim::take(&lock, here) {
            Err(Refusal::Taken(who)) => who.unwrap(),
            other => panic!("{other:?}"),
        };

        std::mem::forget(Claim::take(&lock, &gone).unwrap());
        assert!(
            taken(&far).contains(".lock.1"),
            "nobody there knows that it is gone"
        );
        let claim = Claim::take(&lock, &me).unwrap();
        assert_eq!(names(folder.path()), [".lock.2"]);
        assert!(taken(&me).contains(&format!("process {} on here", me.process)));
        drop(claim);
        std::mem::forget(Claim::take(&lock, &far).unwrap());
        assert_eq!(names(folder.path()), [".lock.3"]);
        assert!(taken(&me).contains("process 1 on far; if it is gone, remove"));
    }

    #[test]
    fn a_job_that_slurm_started_again_on_another_host_takes_over_its_own_lock() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join(".lock");
        let of = |host: &str, job: &str, restarts| Holder {
            job: Some(job.to_owned()),
            restarts,
            ..holder(host, 1)
        };
        std::mem::forget(Claim::take(&lock, &of("a", "7", 1)).unwrap());
        for other in [of("b", "7", 1), of("b", "7", 0), of("b", "8", 2)] {
            assert!(matches!(Claim::take(&lock, &other), Err(Refusal::Taken(_))));
        }
        Claim::take(&lock, &of("b", "7", 2)).unwrap();
    }

    #[test]
    fn of_many_processes_that_take_over_at_once_exactly_one_gets_the_lock() {
        for _ in 0..50 {
            let folder = tempfile::tempdir().unwrap();
            let lock = folder.path().join(".lock");
            drop(Claim::take(&lock, &holder("here", std::process::id())).unwrap());
            let claims: Vec<_> = std::thread::scope(|scope| {
                let take = || Claim::take(&lock, &holder("here", std::process::id())).ok();
                let takers: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
                takers
                    .into_iter()
                    .filter_map(|taker| taker.join().unwrap())
                    .collect()
            });
            assert_eq!(claims.len(), 1);
        }
    }
}
