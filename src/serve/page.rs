//! The page: the text files of `web/page`, which are in the program, and the library for WebAssembly, which is built by
//! `web/build.sh` and taken from its folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::ServeError;

/// A file of the page.
struct File {
    name: &'static str,
    bytes: &'static [u8],
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(File {
            name: $name,
            bytes: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/page/", $name)),
        }),*]
    };
}

const INDEX: &str = "index.html";
/// The library for WebAssembly.
const WASM: &str = "lindiff.wasm";

const FILES: &[File] = &files![
    "index.html",
    "style.css",
    "icon.svg",
    "axis.js",
    "chart.js",
    "controls.js",
    "engine.js",
    "explore.js",
    "figures.js",
    "files.js",
    "main.js",
    "marks.js",
    "numbers.js",
    "rows.js",
    "runcharts.js",
    "runlist.js",
    "runs.js",
    "runshown.js",
    "scene.js",
    "sentences.js",
    "server.js",
    "state.js",
    "steps.js",
    "sweeps.js",
    "theme.js",
    "worker.js",
];

/// The element of `index.html` that says what the page finds behind it.
const BARE: &str = "<html lang=\"en\">";

/// The page as this server gives it.
pub(super) struct Page {
    /// The folder that holds the library for WebAssembly.
    folder: Option<PathBuf>,
}

impl Page {
    /// The page, with its theory if a folder is given.
    ///
    /// # Errors
    /// [`ServeError::NoPage`] for a folder without the library.
    pub(super) fn new(folder: Option<&Path>) -> Result<Self, ServeError> {
        if let Some(path) = folder
            && !path.join(WASM).is_file()
        {
            let path = path.to_owned();
            return Err(ServeError::NoPage { path });
        }
        let folder = folder.map(Path::to_owned);
        Ok(Self { folder })
    }

    /// The content of a file and its type. A name that is none of the page's has none, whatever lies in the folder.
    pub(super) fn file(&self, name: &str) -> Option<(Vec<u8>, &'static str)> {
        if name == WASM {
            let bytes = fs::read(self.folder.as_ref()?.join(WASM)).ok()?;
            return Some((bytes, "application/wasm"));
        }
        let name = if name.is_empty() { INDEX } else { name };
        let file = FILES.iter().find(|file| file.name == name)?;
        let bytes = match name {
            INDEX => self.index(file).into_bytes(),
            _ => file.bytes.to_vec(),
        };
        Some((bytes, kind(name)))
    }

    /// The page's own file, marked: it then asks this server for runs, and for theory only where that is.
    fn index(&self, file: &File) -> String {
        let served = match self.folder {
            Some(_) => "runs theory",
            None => "runs",
        };
        let marked = format!("<html lang=\"en\" data-served=\"{served}\">");
        String::from_utf8_lossy(file.bytes).replacen(BARE, &marked, 1)
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_of_the_page_is_in_the_program() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/web/page");
        let there = fs::read_dir(folder).unwrap();
        let there: BTreeSet<String> = there
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let held: BTreeSet<String> = FILES.iter().map(|file| file.name.to_owned()).collect();
        assert_eq!(held, there);
    }

    #[test]
    fn the_page_is_marked_as_served() {
        let (bytes, kind) = Page::new(None).unwrap().file("").unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("<html lang=\"en\" data-served=\"runs\">"));
        assert_eq!(kind, "text/html; charset=utf-8");
    }
}
