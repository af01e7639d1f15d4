//! The data sets of a report: the digits and the user's files, each with its own name.

use std::path::PathBuf;

use crate::config::RealData;
use crate::text::without_ending;

/// The data set that is built in.
const DIGITS: &str = "digits";

/// The digits and the data files, each with its name in figures.
pub(super) fn sources(files: &[PathBuf]) -> Vec<(String, RealData)> {
    let files_of = files.iter().map(RealData::file);
    let sources = std::iter::once(RealData::digits()).chain(files_of);
    source_names(files).into_iter().zip(sources).collect()
}

/// The names of the digits and of data files: the file names without endings, numbered if one occurs twice.
pub(super) fn source_names(files: &[PathBuf]) -> Vec<String> {
    let mut names = vec![DIGITS.to_owned()];
    for path in files {
        let mut stem = without_ending(path, &["gz"]);
        stem = without_ending(&stem, &["npy", "npz", "csv", "tsv", "txt", "idx"]);
        let stem = stem.file_name().unwrap_or_default().to_string_lossy();
        let numbered = (2..).map(|n| format!("{stem}-{n}"));
        let mut candidates = std::iter::once(stem.to_string()).chain(numbered);
        let free = candidates.find(|name| !names.contains(name));
        names.extend(free);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_file_has_a_name_of_its_own() {
        let files = [
            "a/k=0.5.npy",
            "b/k=0.7.npy",
            "c/k=0.5.csv.gz",
            "digits.csv",
            "x.idx3-ubyte",
        ];
        let names = source_names(&files.map(PathBuf::from));
        let expected = [
            "digits",
            "k=0.5",
            "k=0.7",
            "k=0.5-2",
            "digits-2",
            "x.idx3-ubyte",
        ];
        assert_eq!(names, expected);
    }
}
