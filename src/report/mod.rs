//! How is a result shown? Charts in one style, and pictures of samples. The numbers come from other rooms.

mod chart;
mod chart_files;
mod contact_sheet;

pub use chart::{Chart, Drawn, PlotError, Series, Style};
pub use chart_files::ChartFiles;
pub use contact_sheet::{CONTACT_SHEET_MOST, contact_sheet};
