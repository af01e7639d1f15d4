//! How is a result written down? Numbers, tables, what a shell takes, and the JSON documents; nothing here knows of
//! diffusion.

mod document;
mod number;
#[cfg(feature = "burn")]
mod page;
mod shell;
#[cfg(feature = "burn")]
mod table;

pub use document::{VERSION, document, document_line};
pub use number::number;
#[cfg(feature = "burn")]
pub use page::Page;
pub use shell::{pasted, quoted};
#[cfg(feature = "burn")]
pub use table::Table;
