//! A word of the user's in a script.

use std::path::Path;

use super::error::ScriptError;
use crate::text::quoted;

/// A word of a shell.
pub(super) fn word(word: impl AsRef<Path>) -> Result<String, ScriptError> {
    let word = word.as_ref();
    match word.to_str() {
        Some(_) => Ok(quoted(word)),
        None => Err(ScriptError::NotUtf8 {
            path: word.to_owned(),
        }),
    }
}
