//! What do runs look like while they train? A server of this machine that shows the page of `web/page` with a view of the
//! runs in some folders.
//!
//! Runs are read from their plain files alone: `config.toml`, `metrics.csv`, `plots/`, of `summary.json` only when it was
//! written; sweeps from their tables, and from their record and the logs in `rows/` while they go on. So a run that another
//! machine trains appears as soon as its folder is copied here. No checkpoint is opened, no
//! lock is taken, and nothing is written. Rows of a version that this program cannot train are shown too, so files are
//! read by the names of their keys and columns, not as checked experiments. That also leaves burn out of it.
//!
//! The list is made from the first and the last line of each table of a run, and from the number of lines of each log of a
//! sweep, which are counted from its beginning. Only a run or a sweep that has changed is read again.

mod asked;
mod ends;
mod error;
mod hosts;
mod http;
mod listing;
mod metrics;
mod page;
mod row;
mod run_row;
mod run_shown;
mod settings;
mod site;
mod stamp;
mod sweep_logs;
mod sweep_row;
mod sweep_shown;
mod table;
mod walk;

pub use error::ServeError;
pub use site::{Address, Options, Server};
