//! The questions, and which part answers each.

use serde::{Deserialize, Serialize};

use crate::live::{self, Setting, Vary};
use crate::{rows, shown, truth};

/// A question of the page.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Question {
    /// Everything at one setting, with the best ridge and the best time.
    Point { setting: Setting },
    /// The losses along one input.
    Losses { setting: Setting, vary: Vary },
    /// The divergences for several numbers of samples.
    Divergences {
        setting: Setting,
        samples: Vec<usize>,
    },
    /// The spectrum of the truth, of a typical training set, and of one that is drawn.
    Shown {
        setting: Setting,
        ranks: Vec<f64>,
        seed: u64,
    },
    /// The eigenvalues in a file, or in pasted text.
    Eigenvalues { name: String },
    /// A forecast from the rows of a file.
    Forecast {
        name: String,
        sets: Vec<String>,
        samples: Vec<usize>,
    },
    /// The eigenvalues of the rows of a file.
    Spectrum { name: String, sets: Vec<String> },
    /// A panic, for tests of the page.
    Panic,
}

/// The answer in JSON.
///
/// # Errors
/// The message of the library.
pub fn answer(question: Question, file: Vec<u8>) -> Result<String, String> {
    match question {
        Question::Point { setting } => json(live::point(&setting)),
        Question::Losses { setting, vary } => json(live::losses(&setting, &vary)),
        Question::Divergences { setting, samples } => json(live::divergences(&setting, &samples)),
        Question::Shown {
            setting,
            ranks,
            seed,
        } => json(shown::shown(&setting, &ranks, seed)),
        Question::Eigenvalues { name } => json(truth::eigenvalues(&name, file)),
        Question::Forecast {
            name,
            sets,
            samples,
        } => json(rows::forecast(&name, &sets, &samples, file)),
        Question::Spectrum { name, sets } => json(rows::spectrum(&name, &sets, file)),
        Question::Panic => panic!("asked for"),
    }
}

fn json<T: Serialize, E: std::fmt::Display>(answer: Result<T, E>) -> Result<String, String> {
    let answer = answer.map_err(|error| error.to_string())?;
    serde_json::to_string(&answer).map_err(|error| error.to_string())
}
