//! The probable meaning of a misspelt key or word.
//!
//! The table of keys uses the search among words. So the names are passed in, and no key is known here.

/// The name that a misspelt one probably means, if any is near: one with a similar spelling, or the same word in
/// another table.
pub(super) fn nearest_name<'a>(
    unknown: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    // Among equally near words, the one with the nearer table.
    let distance = |known: &str| {
        let whole = strsim::damerau_levenshtein(unknown, known);
        let elsewhere = strsim::damerau_levenshtein(&last(unknown), &last(known)) + 1;
        (whole.min(elsewhere), whole)
    };
    let ((distance, _), name) = known.map(|name| (distance(name), name)).min()?;
    (distance <= tolerance(&last(unknown))).then_some(name)
}

/// The word that a misspelt one probably means.
pub(super) fn nearest_word<'a>(
    unknown: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = unknown.to_lowercase();
    let scored = known.map(|word| (strsim::damerau_levenshtein(&lower, word), word));
    let (distance, word) = scored.min()?;
    (distance <= tolerance(unknown)).then_some(word)
}

/// The number of typing errors to expect in a word of that length.
fn tolerance(word: &str) -> usize {
    1 + word.chars().count() / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_suggested_for_a_word_that_is_like_none() {
        let kinds = || ["linear", "cosine"].into_iter();
        assert_eq!(nearest_word("quantum", kinds()), None);
        assert_eq!(nearest_word("liner", kinds()), Some("linear"));
    }
}
