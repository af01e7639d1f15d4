//! The noise schedule of an experiment.

use std::path::Path;

use super::error::{ConfigError, Origin, Problem};
use super::pipe::is_pipe;
use crate::config::{ScheduleConfig, ScheduleKind};
use crate::diffusion::{Schedule, ScheduleError};

impl ScheduleConfig {
    /// The trained and sampled steps: the kept steps of the full schedule.
    pub fn build(&self) -> Result<Schedule, ConfigError> {
        self.try_build()
            .map_err(|problem| problem.at(Origin::Experiment))
    }

    pub(super) fn try_build(&self) -> Result<Schedule, Problem> {
        let full = match &self.kind {
            ScheduleKind::Linear {
                steps,
                beta_start,
                beta_end,
            } => Schedule::linear(*steps, *beta_start, *beta_end)?,
            ScheduleKind::Cosine { steps } => Schedule::cosine(*steps)?,
            ScheduleKind::File { path } => read(path)?,
        };
        match self.keep {
            None => Ok(full),
            Some(keep) => Ok(full.keep(keep)?),
        }
    }
}

/// A schedule from a file of `alpha_bar_1 ... alpha_bar_T`.
fn read(path: &Path) -> Result<Schedule, Problem> {
    let wrong = |reason| Problem::ScheduleFile {
        path: path.to_owned(),
        reason,
    };
    if is_pipe(path) {
        let reason =
            "a pipe can be read once, and a schedule is read more often: write it to a file";
        return Err(wrong(reason.to_owned()));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let alpha_bar = numbers(&text).map_err(wrong)?;
    Schedule::from_alpha_bar(&alpha_bar).map_err(|error| {
        wrong(match error {
            ScheduleError::Empty => "holds no numbers".to_owned(),
            other => other.to_string(),
        })
    })
}

/// Numbers separated by blanks, commas or line ends. The rest of a line after `#` is a comment.
fn numbers(text: &str) -> Result<Vec<f64>, String> {
    let mut numbers = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let content = line.split('#').next().unwrap_or_default();
        let words = content.split(|c: char| c.is_whitespace() || c == ',' || c == '\u{feff}');
        for word in words.filter(|word| !word.is_empty()) {
            let number = word
                .parse()
                .map_err(|_| format!("line {}: {word:?} is not a number", index + 1))?;
            numbers.push(number);
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_stand_in_lines_or_columns_with_comments() {
        let text = "# alpha_bar\n0.9, 0.5\n\n0.25 # the last\n";
        assert_eq!(numbers(text), Ok(vec![0.9, 0.5, 0.25]));
        assert_eq!(numbers(""), Ok(vec![]));
    }

    #[test]
    fn a_word_among_the_numbers_is_named_with_its_line() {
        let error = numbers("0.9\nhalf\n").unwrap_err();
        assert_eq!(error, r#"line 2: "half" is not a number"#);
    }
}
