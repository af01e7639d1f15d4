//! All that is shown of one run.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::metrics::Metrics;
use super::run_row::RunRow;
use super::settings::{self, Settings};
use super::stamp::Stamp;

/// The endings of pictures, each with its type.
const PICTURES: [(&str, &str); 3] = [
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
];

/// All that is shown of a run.
#[derive(Debug, Serialize)]
pub(super) struct RunShown {
    run: RunRow,
    path: String,
    /// The experiment, key by key.
    settings: Settings,
    /// Absent if there is none yet, or if it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Metrics>,
    pictures: Vec<Picture>,
}

/// A picture of a run.
#[derive(Debug, Serialize)]
struct Picture {
    name: String,
    /// When it was changed, in seconds since 1970.
    changed: Option<f64>,
}

impl RunShown {
    pub(super) fn read(path: &Path, row: &RunRow) -> Self {
        Self {
            run: row.clone(),
            path: path.display().to_string(),
            settings: settings::read(&path.join("config.toml")).unwrap_or_default(),
            metrics: table(path),
            pictures: pictures(path),
        }
    }
}

fn table(path: &Path) -> Option<Metrics> {
    let path = path.join("metrics.csv");
    Stamp::of(&path)?;
    Metrics::read(&path).ok()
}

/// The pictures of a run, by name. Where one is there as SVG and PNG, the SVG is taken.
fn pictures(path: &Path) -> Vec<Picture> {
    let mut paths = files(&plots(path));
    paths.sort();
    let has_svg = |path: &PathBuf| paths.contains(&path.with_extension("svg"));
    let shown = paths
        .iter()
        .filter(|path| kind(path).is_some())
        .filter(|path| path.extension().is_some_and(|e| e == "svg") || !has_svg(path));
    shown
        .filter_map(|path| {
            Some(Picture {
                name: path.file_name()?.to_str()?.to_owned(),
                changed: Stamp::of(path)?.seconds(),
            })
        })
        .collect()
}

/// A picture of a run and its type. Only a name that is in the folder is read.
pub(super) fn picture(path: &Path, name: &str) -> Option<(Vec<u8>, &'static str)> {
    let paths = files(&plots(path)).into_iter();
    let named = |path: &PathBuf| path.file_name().is_some_and(|file| file == name);
    let file = paths.into_iter().find(named)?;
    let kind = kind(&file)?;
    Some((fs::read(file).ok()?, kind))
}

fn plots(path: &Path) -> PathBuf {
    path.join("plots")
}

/// The files in a folder. Links are left out, and so is the content of a folder that is one.
fn files(folder: &Path) -> Vec<PathBuf> {
    if !fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir()) {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files.map(|entry| entry.path()).collect()
}

fn kind(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?;
    let known = PICTURES.iter().find(|(known, _)| ending == *known)?;
    Some(known.1)
}
