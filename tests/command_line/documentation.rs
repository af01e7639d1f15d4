//! The README and `docs/`: links lead somewhere, commands are understood, experiments can be read.

use crate::desk::program;
use std::fs;
use std::path::{Path, PathBuf};

use lindiff::config::{Experiment, KEYS};

/// The README and every page of `docs/`, with their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir("docs")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|e| e == "md"));
    let pages: Vec<_> = pages.chain([PathBuf::from("README.md")]).collect();
    assert!(pages.len() > 6, "{pages:?}");
    pages
        .into_iter()
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The blocks of a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    let starts: Vec<_> = page.match_indices(&opening).collect();
    starts
        .into_iter()
        .map(|(start, _)| page[start + opening.len()..].split("```").next().unwrap())
        .collect()
}

/// The targets of links and pictures that are files, without the part after `#`.
fn linked(page: &str) -> Vec<&str> {
    let targets = page
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap());
    targets
        .filter(|target| !target.contains("://"))
        .map(|target| target.split('#').next().unwrap())
        .filter(|target| !target.is_empty())
        .collect()
}

#[test]
fn every_link_of_the_readme_and_of_docs_leads_to_a_file() {
    for (path, page) in pages() {
        let folder = path.parent().unwrap_or(Path::new(""));
        for target in linked(&page) {
            assert!(folder.join(target).exists(), "{}: {target}", path.display());
        }
    }
}

#[test]
fn every_page_of_docs_is_linked_from_the_readme() {
    let readme = fs::read_to_string("README.md").unwrap();
    let links = linked(&readme);
    for (path, _) in pages() {
        let name = path.to_str().unwrap();
        assert!(name == "README.md" || links.contains(&name), "{name}");
    }
}

#[test]
fn the_readme_has_at_most_1600_words() {
    let words = fs::read_to_string("README.md")
        .unwrap()
        .split_whitespace()
        .count();
    assert!(words <= 1600, "{words} words");
}

/// With `--help` at its end a command is parsed up to there and nothing is run.
#[test]
fn every_documented_command_is_understood() {
    let mut commands = 0;
    for (path, page) in pages() {
        for line in blocks(&page, "sh").into_iter().flat_map(str::lines) {
            let line = line.split(" #").next().unwrap();
            let Some(arguments) = line.strip_prefix("lindiff ") else {
                continue;
            };
            let words: Vec<&str> = arguments.split_whitespace().collect();
            let output = program().args(&words).arg("--help").output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{}: {line}: {errors}",
                path.display()
            );

            for word in words.iter().filter(|word| word.starts_with("configs/")) {
                assert!(Path::new(word).exists(), "{}: {line}", path.display());
            }
            let sets = words
                .windows(2)
                .filter(|w| ["--set", "--grid"].contains(&w[0]));
            for key in sets.map(|pair| pair[1].split('=').next().unwrap()) {
                assert!(
                    KEYS.iter().any(|k| k.name == key),
                    "{}: {line}",
                    path.display()
                );
            }
            commands += 1;
        }
    }
    assert!(commands > 20, "{commands}");
}

#[test]
fn the_documented_experiment_file_is_read() {
    let page = fs::read_to_string("docs/files.md").unwrap();
    let text = blocks(&page, "toml")[0];
    let read = Experiment::from_toml(text, Path::new(""), &[]).unwrap();
    assert!(read.experiment.name == "mine");
}
