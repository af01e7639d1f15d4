//! The width of the page that a text is laid out for.

use textwrap::{Options, WordSeparator, WrapAlgorithm, wrap};

/// Narrower pages cannot be read.
const LEAST: usize = 20;

/// A page with a number of columns, or one without an edge. Text that is piped or kept in a file has no edge: one
/// line for each sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    width: Option<usize>,
}

impl Page {
    /// A page without an edge.
    pub const UNLIMITED: Self = Self { width: None };

    /// A page of `columns`, at least 20.
    pub fn of(columns: usize) -> Self {
        let width = Some(columns.max(LEAST));
        Self { width }
    }

    /// Whether a line of `columns` fits.
    pub fn holds(self, columns: usize) -> bool {
        self.width.is_none_or(|width| columns <= width)
    }

    /// Breaks long lines between words. If a line was indented, its continuation is indented by two more columns. An
    /// indented command stays in one line, so that it can be pasted.
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
    // Paths and numbers are never broken.
    let options = Options::new(width)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(WordSeparator::AsciiSpace)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .initial_indent(indent)
        .subsequent_indent(&next);
    wrap(content, options).join("\n")
}
