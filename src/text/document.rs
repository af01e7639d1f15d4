//! The JSON documents that the program prints and writes.

use serde::Serialize;

/// The `"version"` of every document. It rises when a key changes its meaning or goes away.
pub const VERSION: u32 = 3;

#[derive(Serialize)]
struct Versioned<'a, T> {
    version: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// A document of several lines, with its version. The content must have keys: a list needs a name.
pub fn document(content: &impl Serialize) -> String {
    let (version, content) = (VERSION, content);
    serde_json::to_string_pretty(&Versioned { version, content }).expect("keys of numbers and text")
}

/// A document in one line, with its version.
pub fn document_line(content: &impl Serialize) -> String {
    let (version, content) = (VERSION, content);
    serde_json::to_string(&Versioned { version, content }).expect("keys of numbers and text")
}
