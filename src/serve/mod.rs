//! What do runs look like while they train? A server of this machine that shows the page of `web/page` with a view of the
//! runs in some folders.
//!
//! Runs are read from their plain files alone: `config.toml`, `metrics.csv`, `summary.json`, `plots/`, and the tables of
//! sweeps. So a run that another machine trains appears as soon as its folder is copied here. No checkpoint is opened, no
//! lock is taken, and nothing is written. Rows of a version that this program cannot train are shown too, so files are
//! read by the names of their keys and columns, not as checked experiments. That also leaves burn out of it.
//!
//! The list is made from the first and the last line of each table, and only what has changed is read again.

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
mod sweep_row;
mod sweep_shown;
mod walk;

pub use error::ServeError;
pub use site::{Address, Options, Server};
