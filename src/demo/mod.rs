//! What can a teacher show? Demonstrations: ready experiments of some seconds that leave one page.

mod measure;
mod page;
mod result;
mod sentences;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde::Serialize;

use self::measure::{Twice, losses, trained_twice};
use self::result::MEMORISE;
use crate::reproduce::ReportFolder;
use crate::run::RunError;
use crate::text::document;

pub use self::result::{Memorise, Size, SizeLosses};

/// A demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Demonstration {
    /// The name on the command line and of the files.
    pub name: &'static str,
    /// What it shows, in a sentence.
    pub shows: &'static str,
}

/// All demonstrations.
pub const DEMONSTRATIONS: [Demonstration; 1] = [Demonstration {
    name: MEMORISE,
    shows: "Pairs of networks on 20, 100, 400 and 800 digits of their own: from few rows they disagree, from many they \
            agree. One page with samples, twins, nearest training rows and losses, in some seconds.",
}];

/// The numbers of rows that are shown.
const SHOWN: [usize; 4] = [20, 100, 400, 800];
/// Further numbers of rows whose losses are in the chart.
const BETWEEN: [usize; 9] = [25, 31, 38, 47, 60, 77, 140, 200, 280];

/// Where a demonstration goes.
pub struct DemoOptions<'a> {
    /// The folder.
    pub out: &'a Path,
    /// Whether to replace files that were not made by a demonstration.
    pub overwrite: bool,
    /// If this is raised, the work stops.
    pub interrupt: &'a AtomicBool,
    /// Called with each part that is done.
    pub tell: &'a dyn Fn(&str),
}

/// The files of `memorise-or-generalise`: the page, its numbers, and a small picture.
fn files() -> [String; 4] {
    ["html", "json", "png", "svg"].map(|ending| format!("{MEMORISE}.{ending}"))
}

/// Trains two linear networks on N rows of their own each, for four N, and writes a page, its numbers and a small
/// picture. The networks are trained as in `configs/digits.toml`, with other numbers of rows.
///
/// # Errors
/// A file that exists and was not made by a demonstration; files that cannot be written; an interruption.
pub fn memorise_or_generalise(options: &DemoOptions<'_>) -> Result<Memorise, RunError> {
    let start = Instant::now();
    let folder = ReportFolder::new(options.out, options.overwrite);
    for file in files() {
        folder.check(&file)?;
    }
    folder.create()?;
    let mut pairs: Vec<Twice> = Vec::new();
    for rows in SHOWN {
        pairs.push(trained_twice(rows, options.interrupt)?);
        (options.tell)(&format!("two networks on {rows} digits each"));
    }
    let mut curve: Vec<SizeLosses> = pairs.iter().map(|pair| pair.size.losses).collect();
    for rows in BETWEEN {
        curve.push(losses(rows, options.interrupt)?);
    }
    (options.tell)("losses of further numbers of rows");
    curve.sort_by_key(|losses| losses.rows);
    let sizes: Vec<Size> = pairs.iter().map(|pair| pair.size.clone()).collect();
    let first = &pairs[0];
    let found = Memorise {
        dim: first.dim,
        oracle_loss: first.oracle_loss,
        sentences: sentences::of_all(&sizes),
        sizes,
        losses: curve,
        seconds: start.elapsed().as_secs_f64(),
    };
    let picture = page::picture(&pairs).draw()?;
    let [html, json, ..] = files();
    folder.write(&html, page::html(&found, &pairs).as_bytes())?;
    folder.write(&json, document(&found).as_bytes())?;
    folder.write_drawn(MEMORISE, &picture)?;
    Ok(found)
}
