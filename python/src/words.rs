//! The library's sentences for readers of Python: they name arguments where the command's readers have flags and keys.

use pyo3::prelude::*;

/// What is replaced, the longest first.
const WORDS: [(&str, &str); 11] = [
    ("--set data.scale=columns", "scale=\"columns\""),
    ("data.scale", "scale"),
    ("data.min_variance", "min_variance"),
    (
        "data.group should name a column with several values",
        "groups should have several labels",
    ),
    ("data.group", "groups"),
    ("--samples", "samples"),
    ("--clean", "clean"),
    ("--train", "train"),
    ("--target", "target"),
    ("`lindiff forecast`", "lindiff.forecast"),
    ("`lindiff predict`", "lindiff.predict"),
];

/// Where settings begin that are pasted into the program: training is in the program alone.
const PASTED: &str = "--set training.";

/// A sentence of the library with Python's words. What is pasted into the program keeps the program's.
#[pyfunction]
pub fn in_python(sentence: &str) -> String {
    let (said, pasted) = sentence.split_at(sentence.find(PASTED).unwrap_or(sentence.len()));
    let replaced = |text: String, (word, ours): &(&str, &str)| text.replace(word, ours);
    WORDS.iter().fold(said.to_owned(), replaced) + pasted
}
