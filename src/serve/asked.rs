//! The parameters of a request.

/// The value of a parameter of a query, decoded; `None` if it is not there, or no UTF-8.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name);
    values.next().and_then(|(_, value)| decoded(value))
}

/// Text in which `%2F` stands for `/`.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        (bytes, rest) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let digit = |byte: &u8| (*byte as char).to_digit(16);
                let byte = u8::try_from(16 * digit(high)? + digit(low)?).ok()?;
                (pushed(bytes, byte), tail)
            }
            (b'%', _) => return None,
            (byte, tail) => (pushed(bytes, *byte), tail),
        };
    }
    String::from_utf8(bytes).ok()
}

fn pushed(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_decoded_once() {
        let query = "id=a%2Fb%20%C3%A9&name=%252e%252e&empty=";
        assert_eq!(parameter(query, "id").as_deref(), Some("a/b é"));
        assert_eq!(parameter(query, "name").as_deref(), Some("%2e%2e"));
        assert_eq!(parameter(query, "empty").as_deref(), Some(""));
        assert_eq!(parameter(query, "other"), None);
    }

    #[test]
    fn what_is_cut_short_or_no_utf8_is_no_parameter() {
        for query in ["id=%", "id=%2", "id=%zz", "id=%ff"] {
            assert_eq!(parameter(query, "id"), None, "{query}");
        }
    }
}
