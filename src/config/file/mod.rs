//! What does a file, or a setting on the command line, ask for? From text to a checked experiment, and back.
//!
//! `written` holds the table of the file with the `--set` values on top. `read` takes each key of the table `KEYS`
//! from it. `check` refuses an experiment that cannot be run, whether it comes from a file or from code. `resolved`
//! writes an experiment out again. Everything about a key is in one row of `table`.

#[cfg(feature = "files")]
mod check;
#[cfg(feature = "files")]
mod check_neural;
mod error;
#[cfg(feature = "files")]
mod field;
#[cfg(feature = "files")]
mod key;
#[cfg(feature = "files")]
mod keys;
#[cfg(feature = "files")]
mod load;
#[cfg(feature = "files")]
mod meant;
#[cfg(feature = "files")]
mod nearest;
#[cfg(feature = "files")]
mod parts;
mod pipe;
#[cfg(feature = "files")]
mod problems;
#[cfg(feature = "files")]
mod read;
#[cfg(feature = "files")]
mod resolved;
mod schedule;
#[cfg(feature = "files")]
mod setting;
#[cfg(feature = "files")]
mod table;
#[cfg(feature = "files")]
mod written;

pub use error::{ConfigError, Origin, Problem};
#[cfg(feature = "files")]
pub use key::{Allowed, Key, Only};
#[cfg(feature = "files")]
pub use keys::{find, markdown};
#[cfg(feature = "files")]
pub use load::{Draft, Loaded, LoadedAny};
#[cfg(feature = "files")]
pub use meant::keys_named;
pub use pipe::is_pipe;
#[cfg(feature = "files")]
pub use setting::Setting;
#[cfg(feature = "files")]
pub use table::KEYS;
