//! The width that a text is laid out for.

use textwrap::{Options, WordSeparator, WrapAlgorithm, wrap};

/// Narrower than this nothing can be read.
const LEAST: usize = 20;

/// A page of some columns, or one without an edge: what is piped or kept in a file has a line a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    width: Option<usize>,
}

impl Page {
    pub const UNLIMITED: Self = Self { width: None };

    /// A page of `columns`, but of 20 at least.
    pub fn of(columns: usize) -> Self {
        let width = Some(columns.max(LEAST));
        Self { width }
    }

    /// Whether a line of `columns` has room.
    pub fn holds(self, columns: usize) -> bool {
        self.width.is_none_or(|width| columns <= width)
    }

    /// The text with its long lines broken between words, what follows being indented by two more columns where the
    /// line was indented itself. A command to paste, which is indented, stays in one line.
    pub fn wrap(self, text: &str) -> String {
        let Some(width) = self.width else {
            return text.to_owned();
        };
        let lines = text.split('\n').map(|line| wrap_line(line, width));
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn wrap_line(line: &str, width: usize) -> String {
    let content = line.trim_start_matches(' ');
    let indent = &line[..line.len() - content.len()];
    if !indent.is_empty() && content.starts_with("lindiff ") {
        return line.to_owned();
    }
    let next = match indent {
        "" => String::new(),
        indent => format!("{indent}  "),
    };
    // A path or a number is never broken.
    let options = Options::new(width)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(WordSeparator::AsciiSpace)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .initial_indent(indent)
        .subsequent_indent(&next);
    wrap(content, options).join("\n")
}
