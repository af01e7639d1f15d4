//! Ctrl-C, SIGTERM and SIGHUP.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::failure::{Failure, Interrupted};
use super::screen::Screen;

/// The message if nothing was begun that could be resumed.
const STOPPED: &str = "stopped";

/// What signals do. A second signal always ends the program at once. So does the first, unless the command has asked
/// to be notified so that it can keep its work. Files are written whole or not at all, so nothing else is lost.
pub(super) struct Interrupts {
    state: Arc<State>,
}

struct State {
    screen: Arc<Screen>,
    /// Whether the command should stop.
    raised: AtomicBool,
    /// The first signal that came; 0 before.
    signal: AtomicI32,
    /// Whether the command can go on later from what it saved.
    saved: Arc<AtomicBool>,
    manner: Mutex<Manner>,
}

/// What the first signal does, with its message.
#[derive(Clone)]
enum Manner {
    /// Raises the flag. If a time is given, ends the program if it still runs after that time.
    Raise(String, Option<Duration>),
    /// Ends the program.
    End(String),
}

impl Interrupts {
    /// Starts to listen. Signals that are ignored (`nohup`, background jobs of a script) stay ignored.
    pub(super) fn listen(screen: Arc<Screen>) -> Self {
        let state = Arc::new(State {
            screen,
            raised: AtomicBool::new(false),
            signal: AtomicI32::new(0),
            saved: Arc::default(),
            manner: Mutex::new(Manner::End(STOPPED.to_owned())),
        });
        let heard = Arc::clone(&state);
        system::listen(&state.saved, move |signal| heard.hear(signal));
        Self { state }
    }

    /// The flag that the first signal raises.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.state.raised
    }

    /// From now on the command can go on later from what it saved: SIGTERM gives the status 75.
    pub(super) fn work_is_saved(&self) {
        self.state.saved.store(true, Ordering::SeqCst);
    }

    /// From now on the first signal raises the flag, and the message `told` is shown.
    pub(super) fn raise(&self, told: &str) {
        self.state.set(Manner::Raise(told.to_owned(), None));
    }

    /// As [`raise`](Self::raise), but the program ends if it still runs after `patience`.
    pub(super) fn raise_for(&self, patience: Duration, told: &str) {
        self.state
            .set(Manner::Raise(told.to_owned(), Some(patience)));
    }

    /// From now on the first signal ends the program, with the message `told`. A signal that came before does so now.
    pub(super) fn end(&self, told: &str) {
        self.state.set(Manner::End(told.to_owned()));
        let signal = self.state.signal.load(Ordering::SeqCst);
        if signal != 0 {
            self.state.end(signal, told);
        }
    }

    /// The failure of a command that stopped because of the flag.
    pub(super) fn failure(&self, told: String) -> Failure {
        let signal = self.state.signal.load(Ordering::SeqCst);
        Failure::Interrupted(self.state.interrupted(signal, told))
    }
}

impl State {
    fn set(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    fn hear(&self, signal: i32) {
        if self.signal.swap(signal, Ordering::SeqCst) != 0 {
            return;
        }
        let manner = self.manner.lock();
        let manner = manner.unwrap_or_else(PoisonError::into_inner).clone();
        match manner {
            Manner::Raise(told, patience) => {
                self.raised.store(true, Ordering::SeqCst);
                self.screen.clear();
                self.screen
                    .say(&format!("{told} (once more to stop at once)"));
                if let Some(patience) = patience {
                    std::thread::sleep(patience);
                    self.end(signal, STOPPED);
                }
            }
            Manner::End(told) => self.end(signal, &told),
        }
    }

    fn interrupted(&self, signal: i32, told: String) -> Interrupted {
        let saved = self.saved.load(Ordering::SeqCst);
        Interrupted {
            signal,
            saved,
            told,
        }
    }

    fn end(&self, signal: i32, told: &str) -> ! {
        let interrupted = self.interrupted(signal, told.to_owned());
        self.screen.stop(&interrupted.told, interrupted.status());
        system::end(interrupted.status())
    }
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::{flag, low_level};

    use crate::cli::failure::status_of;

    /// Calls `hear` on a separate thread with the first signal that was not ignored when the program began. The
    /// second signal ends the program at once, whatever its threads wait for.
    pub(super) fn listen(saved: &Arc<AtomicBool>, hear: impl Fn(i32) + Send + 'static) {
        let heeded = [SIGINT, SIGTERM, SIGHUP].into_iter();
        let heeded: Vec<i32> = heeded.filter(|&signal| !is_ignored(signal)).collect();
        // Without a listener, signals end the program, and the files written last are still there.
        let _ = second_ends(&heeded, saved)
            .and_then(|()| Signals::new(&heeded))
            .map(|mut signals| {
                let listen = move || signals.forever().for_each(hear);
                std::thread::Builder::new().spawn(listen)
            });
    }

    fn second_ends(signals: &[i32], saved: &Arc<AtomicBool>) -> io::Result<()> {
        let first = Arc::new(AtomicBool::new(false));
        // All actions that read the flag come before those that raise it, because actions run in their order.
        for &signal in signals {
            let (first, saved) = (Arc::clone(&first), Arc::clone(saved));
            let end = move || {
                if first.load(Ordering::SeqCst) {
                    let status = status_of(signal, saved.load(Ordering::SeqCst));
                    low_level::exit(status.into());
                }
            };
            // SAFETY: the action reads two atomics and may call `_exit`, which a handler of signals may do.
            unsafe { low_level::register(signal, end) }?;
        }
        for &signal in signals {
            flag::register(signal, Arc::clone(&first))?;
        }
        Ok(())
    }

    /// Whether the parent process made this program ignore a signal.
    fn is_ignored(signal: i32) -> bool {
        let mut now = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: no action is given, so none is set; `now` is written if 0 is returned.
        let known = unsafe { libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) } == 0;
        // SAFETY: all zeros is a valid `sigaction`.
        known && unsafe { now.assume_init() }.sa_sigaction == libc::SIG_IGN
    }

    /// Ends the program without waiting for its threads.
    pub(super) fn end(status: u8) -> ! {
        let _ = io::Write::flush(&mut io::stderr());
        low_level::exit(status.into())
    }
}

#[cfg(not(unix))]
mod system {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    /// The number of Ctrl-C on Unix.
    const SIGINT: i32 = 2;

    /// Calls `hear` on a separate thread at each Ctrl-C.
    pub(super) fn listen(_saved: &Arc<AtomicBool>, hear: impl Fn(i32) + Send + 'static) {
        let _ = ctrlc::set_handler(move || hear(SIGINT));
    }

    pub(super) fn end(status: u8) -> ! {
        std::process::exit(status.into())
    }
}
