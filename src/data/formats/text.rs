//! Decodes the bytes of a file to text: encodings, line ends, comments.

use std::borrow::Cow;

use super::FormatError;

/// How many bytes are examined to recognise UTF-16 without a byte order mark.
const LOOKED_AT: usize = 512;

/// Decodes UTF-8, UTF-16 (with a byte order mark, or recognised by its letters), or else Latin-1, in which every byte
/// is a letter. Afterwards all lines end with a line feed.
pub(super) fn decode(bytes: &[u8]) -> Result<String, FormatError> {
    let text = if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        utf_16(rest, u16::from_le_bytes)?
    } else if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        utf_16(rest, u16::from_be_bytes)?
    } else if every_second_is_zero(bytes, 1) {
        utf_16(bytes, u16::from_le_bytes)?
    } else if every_second_is_zero(bytes, 0) {
        utf_16(bytes, u16::from_be_bytes)?
    } else {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        }
    };
    if let Some(byte) = text.bytes().position(|b| b == 0) {
        return Err(FormatError::Unknown { byte });
    }
    Ok(if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    })
}

fn every_second_is_zero(bytes: &[u8], odd: usize) -> bool {
    let start = &bytes[..bytes.len().min(LOOKED_AT)];
    let mut letters = start.iter().enumerate();
    start.len() >= 4 && letters.all(|(i, b)| (i % 2 == odd) == (*b == 0))
}

fn utf_16(bytes: &[u8], number: impl Fn([u8; 2]) -> u16) -> Result<String, FormatError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| number(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match (text, rest) {
        (Ok(text), []) => Ok(text),
        _ => Err(FormatError::Utf16),
    }
}

/// A comment line, which is not a part of the table.
pub(super) struct Comment {
    /// The number of the line, from 1.
    pub line: u64,
    /// The text without the comment mark.
    pub text: String,
}

/// Empties the lines that begin with `#` or `%`; they still count as lines. An error value of a spreadsheet (`#N/A`)
/// is a cell, not a comment.
pub(super) fn without_comments(text: &str) -> (Cow<'_, str>, Vec<Comment>) {
    let is_comment = |line: &str| {
        let line = line.trim_start();
        line.starts_with('%') || line.starts_with('#') && !begins_with_error(line)
    };
    if !text.lines().any(is_comment) {
        return (Cow::Borrowed(text), Vec::new());
    }
    let (mut kept, mut comments) = (String::with_capacity(text.len()), Vec::new());
    for (line, number) in text.lines().zip(1..) {
        if is_comment(line) {
            comments.push(Comment {
                line: number,
                text: line
                    .trim_start()
                    .trim_start_matches(['#', '%'])
                    .trim()
                    .to_owned(),
            })
        } else {
            kept.push_str(line)
        }
        kept.push('\n');
    }
    (Cow::Owned(kept), comments)
}

fn begins_with_error(line: &str) -> bool {
    const ERRORS: [&str; 9] = [
        "#N/A", "#NA", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!", "#ERROR!",
    ];
    ERRORS.iter().any(|error| {
        let start = line.get(..error.len());
        let next = line.get(error.len()..).and_then(|rest| rest.chars().next());
        start.is_some_and(|start| start.eq_ignore_ascii_case(error))
            && next.is_none_or(|next| !next.is_alphanumeric())
    })
}

/// The numbers of a text that has one a line, or all in one line with blanks or commas between them. `None` for any
/// other text.
pub(super) fn list(text: &str) -> Option<Vec<f64>> {
    let mut numbers = Vec::new();
    let (mut lines, mut longest) = (0, 0);
    for line in text.lines() {
        let content = line.split('#').next().unwrap_or_default().trim();
        let words: Vec<&str> = content
            .split([' ', '\t', ','])
            .filter(|word| !word.is_empty())
            .collect();
        // Decimal commas between blanks.
        if content.contains(',') && content.replace(", ", ",").contains([' ', '\t']) {
            return None;
        }
        lines += usize::from(!words.is_empty());
        longest = longest.max(words.len());
        for word in words {
            numbers.push(word.parse().ok()?);
        }
    }
    (lines <= 1 || longest <= 1).then_some(numbers)
}
