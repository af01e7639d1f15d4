//! Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Raised by Ctrl-C (and SIGTERM), which says `what` is done then; the second one ends the program at once.
pub(super) fn interrupt_flag(what: &'static str) -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    let handler = move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(1);
        }
        eprintln!("{what} (once more to stop at once)");
    };
    // Without a handler Ctrl-C ends the program, and what was written last is there still.
    let _ = ctrlc::set_handler(handler);
    flag
}
