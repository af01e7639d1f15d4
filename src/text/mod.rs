//! How is a result summed up and written down? Means with errors, numbers, tables, shell words, JSON documents, and files
//! that are written whole or not at all. Nothing here depends on diffusion.

mod document;
mod files;
mod number;
#[cfg(feature = "burn")]
mod page;
mod shell;
pub mod statistics;
#[cfg(feature = "burn")]
mod table;

pub use document::{VERSION, document, document_line};
pub use files::{FileError, ResultFile, is_partial, without_ending, write_whole, write_whole_with};
pub use number::number;
#[cfg(feature = "burn")]
pub use page::Page;
pub use shell::{pasted, quoted};
#[cfg(feature = "burn")]
pub use table::Table;
