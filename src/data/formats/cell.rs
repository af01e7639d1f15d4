//! The meaning of a cell: a number, a word, or a missing value.

use std::borrow::Cow;

use super::FormatError;
use crate::config::Decimal;

/// Words for a missing number.
const MISSING: [&str; 38] = [
    "na", "n/a", "n.a.", "nan", "-nan", "null", "none", "nil", "missing", "?", "-", "--", "---",
    ".", "..", "...", "*", "**", "***", "<na>", "nat", "(null)", "\\n", "#n/a", "#na", "#n/a n/a",
    "#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!", "#error!", "1.#ind", "-1.#ind",
    "1.#qnan", "-1.#qnan", "1.#nan",
];
/// Words for a number too small to be measured.
const BELOW: [&str; 9] = [
    "bdl", "bql", "blq", "lod", "loq", "<lod", "<loq", "n.d.", "nd",
];

/// The content of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    Number(f64),
    NotFinite,
    Empty,
    /// A word for a missing number.
    Missing,
    /// A number that is only known to be below or above a bound.
    Bounded,
    Word,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numerals {
    /// Whether decimals begin with a comma.
    pub comma: bool,
    /// Whether the user chose this. Then it is also known what separates thousands.
    pub given: bool,
}

impl Numerals {
    pub(super) fn of(decimal: Decimal, comma: bool) -> Self {
        Self {
            comma,
            given: decimal != Decimal::Auto,
        }
    }

    pub(super) fn cell(self, text: &str) -> Cell {
        if let Some(value) = self.parse(text) {
            return if value.is_finite() {
                Cell::Number(value)
            } else {
                Cell::NotFinite
            };
        }
        let one_of = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if text.is_empty() {
            Cell::Empty
        } else if one_of(&MISSING) {
            Cell::Missing
        } else if ["inf", "infinity"]
            .iter()
            .any(|word| unsigned(text).eq_ignore_ascii_case(word))
        {
            Cell::NotFinite
        } else if one_of(&BELOW) || self.is_bound(text) {
            Cell::Bounded
        } else {
            Cell::Word
        }
    }

    /// Whether the text is a bound, such as `<0.01`.
    fn is_bound(self, text: &str) -> bool {
        let number = text.trim_start_matches(['<', '>', '=', '≤', '≥', '~', '≈']);
        number.len() < text.len() && self.parse(number.trim_start()).is_some()
    }

    /// A number in the notation of any common language: `1.5`, `1e5`, `1.0D+00`, `−3`.
    pub(super) fn parse(self, text: &str) -> Option<f64> {
        let starts =
            |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
        if !starts(unsigned(text)) {
            return None;
        }
        if !self.comma
            && let Ok(value) = text.parse()
        {
            return Some(value);
        }
        let mut plain: Cow<'_, str> = if text.contains('\u{2212}') {
            text.replace('\u{2212}', "-").into()
        } else {
            text.into()
        };
        if self.comma {
            let has_digits = |at: usize| plain[at + 1..].starts_with(|c: char| c.is_ascii_digit());
            if plain.find(',').is_some_and(|at| !has_digits(at))
                || plain.contains('.') && !self.given
            {
                return None;
            }
        }
        if self.given {
            plain = self.without_groups(&plain)?.into();
        }
        if self.comma {
            plain = plain.replace(',', ".").into();
        }
        // A double written by Fortran always has a point.
        if plain.contains(['d', 'D']) && plain.contains('.') {
            plain = plain.replacen(['d', 'D'], "e", 1).into();
        }
        plain.parse().ok()
    }

    /// A number without its thousands separators; `None` if they stand in wrong places.
    fn without_groups(self, text: &str) -> Option<String> {
        let (mark, point) = if self.comma { ('.', ',') } else { (',', '.') };
        let is_mark =
            |c: char| c == mark || c == ' ' || c == '\u{a0}' || c == '\u{202f}' || c == '\'';
        let end = text.find([point, 'e', 'E', 'd', 'D']).unwrap_or(text.len());
        let (whole, rest) = text.split_at(end);
        if rest.contains(is_mark) {
            return None;
        }
        let mut groups = unsigned(whole).split(is_mark);
        let first = groups.next().unwrap_or_default();
        let parted = whole.contains(is_mark);
        if parted && (first.is_empty() || first.len() > 3 || groups.any(|group| group.len() != 3)) {
            return None;
        }
        Some(text.replace(is_mark, ""))
    }

    /// Whether the text is a number with thousands separators, whichever they are.
    pub(super) fn is_grouped(self, text: &str) -> bool {
        let given = Self {
            given: true,
            ..self
        };
        self.parse(text).is_none() && given.parse(text).is_some()
    }

    /// A finite number from a cell.
    pub(super) fn number(self, text: &str, line: u64, column: usize) -> Result<f64, FormatError> {
        if let Some(value) = self.parse(text).filter(|value| value.is_finite()) {
            return Ok(value);
        }
        let word = text.to_owned();
        Err(match self.cell(text) {
            Cell::Empty | Cell::Missing => FormatError::Missing {
                line,
                column,
                text: word,
            },
            Cell::Bounded => FormatError::Bounded {
                line,
                column,
                text: word,
            },
            Cell::NotFinite => FormatError::NotFiniteText {
                line,
                column,
                text: word,
            },
            _ => FormatError::NotANumber {
                line,
                column,
                hint: self.hint(text),
                text: word,
            },
        })
    }

    /// What to write where the text is not a number.
    fn hint(self, text: &str) -> String {
        let read_with = |comma: bool| {
            let given = Self { comma, given: true };
            given.parse(text).is_some()
        };
        let digits = text.trim_end_matches(['%', '‰']).trim_end();
        match () {
            _ if read_with(false) => {
                "; with --set data.decimal=. commas and blanks part the thousands"
            }
            _ if read_with(true) => "; with --set data.decimal=, the comma begins the decimals",
            _ if digits.len() < text.len() && self.parse(digits).is_some() => {
                "; write it without its percent sign, or leave the column out"
            }
            _ => "",
        }
        .to_owned()
    }
}

pub(super) fn is_missing(text: &str) -> bool {
    let numerals = Numerals {
        comma: false,
        given: false,
    };
    matches!(numerals.cell(text), Cell::Empty | Cell::Missing)
}

/// Whether the text consists of digits, with or without a sign.
pub(super) fn is_whole(text: &str) -> bool {
    let digits = unsigned(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-', '\u{2212}']).unwrap_or(text)
}
