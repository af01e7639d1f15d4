//! What does a file, or a setting on the command line, ask for? From text to a checked experiment, and back.
//!
//! `written` holds the table of the file with the `--set` values on top. `read` takes each key of the table `KEYS`
//! from it. `check` refuses an experiment that cannot be run, whether it comes from a file or from code. `resolved`
//! writes an experiment out again. Everything about a key is in one row of `table`.

mod check;
mod error;
mod field;
mod key;
mod keys;
mod load;
mod meant;
mod nearest;
mod pipe;
mod read;
mod resolved;
mod schedule;
mod setting;
mod table;
mod written;

pub use error::{ConfigError, Origin, Problem};
pub use key::{Allowed, Key, Only};
pub use keys::{find, markdown};
pub use load::{Draft, Loaded};
pub use meant::keys_named;
pub use pipe::is_pipe;
pub use setting::Setting;
pub use table::KEYS;
