//! Calls of the library beside a running interpreter: without its lock, with its signals, with progress.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::ThreadPool;
use rayon::prelude::*;

/// How often a long call looks for signals.
const LOOK: Duration = Duration::from_millis(50);

/// What the computing thread says.
enum Told<T> {
    Progress(usize, usize),
    End(Result<T, Box<dyn Any + Send>>),
}

/// The computation was given up: this unwinds its thread.
struct Stopped;

/// Runs `work` on a thread of its own. `work` gets a function to call with the steps done, and of how many; `progress`
/// is called with these on the calling thread. A signal (Ctrl-C) or an error of `progress` ends the call at once; the
/// computation then ends at its next step.
pub fn long<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&(dyn Fn(usize, usize) + Sync)) -> T + Send + 'static,
) -> PyResult<T> {
    let (tell, mut told) = channel();
    let stopped = Arc::new(AtomicBool::new(false));
    let pool = pool()?;
    let stop = Arc::clone(&stopped);
    let compute = move || {
        let step = |done, all| {
            if stop.load(Ordering::Relaxed) {
                resume_unwind(Box::new(Stopped));
            }
            // Nobody listens after a signal.
            let _ = tell.send(Told::Progress(done, all));
        };
        let end = catch_unwind(AssertUnwindSafe(|| pool.install(|| work(&step))));
        let _ = tell.send(Told::End(end));
    };
    thread::Builder::new()
        .name("lindiff".to_owned())
        .spawn(compute)?;
    let ended = attend(py, progress, &mut told);
    stopped.store(true, Ordering::Relaxed);
    ended
}

/// Listens to the computing thread, and to signals, until one of them ends the call.
fn attend<T: Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    told: &mut Receiver<Told<T>>,
) -> PyResult<T> {
    loop {
        let told = &mut *told;
        match py.detach(move || told.recv_timeout(LOOK)) {
            Ok(Told::End(Ok(result))) => return Ok(result),
            Ok(Told::End(Err(panic))) => resume_unwind(panic),
            Ok(Told::Progress(done, all)) => {
                if let Some(progress) = progress {
                    progress.call1((done, all))?;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the computing thread has gone"));
            }
        }
        py.check_signals()?;
    }
}

/// The threads that compute, of this process: a child of `fork` has none of its parent's.
fn pool() -> PyResult<Arc<ThreadPool>> {
    static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let here = std::process::id();
    match &*pool {
        Some((process, threads)) if *process == here => return Ok(Arc::clone(threads)),
        _ => {}
    }
    let threads = rayon::ThreadPoolBuilder::new()
        .thread_name(|index| format!("lindiff-{index}"))
        .build()
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let threads = Arc::new(threads);
    if let Some(of_parent) = pool.replace((here, Arc::clone(&threads))) {
        // Its threads are not here to be waited for.
        std::mem::forget(of_parent);
    }
    Ok(threads)
}

/// How many points of a grid are computed between two looks for signals, and from how many on threads share them.
const TOGETHER: usize = 512;
const SHARED: usize = 16;

/// The results at the points `0..count` of a grid, in their order, or the first error. Threads share the points.
pub fn on_grid<R: Send>(
    py: Python<'_>,
    count: usize,
    point: impl Fn(usize) -> PyResult<R> + Sync,
) -> PyResult<Vec<R>> {
    if count < SHARED {
        return py.detach(|| (0..count).map(&point).collect());
    }
    let pool = pool()?;
    let mut results = Vec::with_capacity(count);
    while results.len() < count {
        let some = results.len()..count.min(results.len() + TOGETHER);
        let point = &point;
        let found: PyResult<Vec<R>> =
            py.detach(|| pool.install(|| some.into_par_iter().map(point).collect()));
        results.extend(found?);
        py.check_signals()?;
    }
    Ok(results)
}
