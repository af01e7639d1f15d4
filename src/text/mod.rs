//! How is a result summed up and written down? Means with errors, numbers, tables, shell words, JSON documents, and
//! files that are written whole or not at all. Nothing here depends on diffusion.

#[cfg(feature = "plots")]
mod base64;
#[cfg(feature = "burn")]
pub mod digest;
#[cfg(any(feature = "burn", feature = "cli"))]
mod document;
mod files;
mod number;
#[cfg(any(feature = "burn", feature = "cli"))]
mod page;
#[cfg(feature = "parquet")]
mod parquet;
mod shell;
pub mod statistics;
#[cfg(any(feature = "burn", feature = "cli"))]
mod table;

#[cfg(feature = "plots")]
pub(crate) use base64::base64;
#[cfg(any(feature = "burn", feature = "cli"))]
pub use document::{VERSION, document, document_line};
pub use files::{
    FileError, ResultFile, is_of_user, is_partial, without_ending, write_whole, write_whole_with,
};
pub use number::number;
#[cfg(any(feature = "burn", feature = "cli"))]
pub use page::Page;
#[cfg(feature = "parquet")]
pub use parquet::{Cell, CellType, TypedColumn, write_parquet};
pub use shell::{pasted, quoted};
#[cfg(any(feature = "burn", feature = "cli"))]
pub use table::Table;
