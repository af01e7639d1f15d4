//! How is a result shown? Charts in one style, pictures of samples, and tables; numbers come from elsewhere.

mod chart;
mod contact_sheet;
mod page;
mod table;

pub use chart::{Chart, Drawn, PlotError, Series, Style};
pub use contact_sheet::{CONTACT_SHEET_MOST, contact_sheet};
pub use page::Page;
pub use table::{Table, number};
