//! The header of an `.npy`: a Python dictionary of `descr`, `fortran_order` and `shape`.
//!
//! It reads only what NumPy writes there, without recursion. So no header costs more than its own length.

use super::FormatError;

const FORMAT: &str = ".npy";

/// The type of a real number: its kind and layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ItemType {
    pub(super) kind: Kind,
    pub(super) bytes: usize,
    pub(super) big_endian: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Float,
    Int,
    Uint,
    Bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) item: ItemType,
    pub(super) fortran: bool,
    pub(super) shape: Vec<u64>,
}

/// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
pub(super) fn parse(text: &[u8]) -> Result<Header, FormatError> {
    let mut at = Cursor { text, byte: 0 };
    let (mut item, mut fortran, mut shape) = (None, None, None);
    at.expect(b'{')?;
    while !at.skip(b'}') {
        let key = at.string()?;
        at.expect(b':')?;
        match key.as_str() {
            "descr" => item = Some(at.item_type()?),
            "fortran_order" => fortran = Some(at.boolean()?),
            "shape" => shape = Some(at.shape()?),
            _ => {
                return Err(at.error(format!(
                    "the key {key:?} is not 'descr', 'fortran_order' or 'shape'"
                )));
            }
        }
        if !at.skip(b',') {
            at.expect(b'}')?;
            break;
        }
    }
    if let Some(byte) = at.peek() {
        return Err(at.error(format!("{:?} after the end", char::from(byte))));
    }
    let missing = |key: &str| at.error(format!("'{key}' is missing"));
    Ok(Header {
        item: item.ok_or_else(|| missing("descr"))?,
        fortran: fortran.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

struct Cursor<'a> {
    text: &'a [u8],
    byte: usize,
}

impl Cursor<'_> {
    fn error(&self, problem: String) -> FormatError {
        FormatError::Header {
            format: FORMAT,
            byte: self.byte,
            problem,
        }
    }

    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text[self.byte..];
        let blanks = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.byte += blanks;
        rest.get(blanks).copied()
    }

    fn skip(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        self.byte += usize::from(found);
        found
    }

    fn expect(&mut self, expected: u8) -> Result<(), FormatError> {
        if self.skip(expected) {
            Ok(())
        } else {
            Err(self.error(format!("{:?} is expected", char::from(expected))))
        }
    }

    /// The next bytes, as long as they satisfy `like`.
    fn run(&mut self, like: impl Fn(&u8) -> bool) -> String {
        self.peek();
        let rest = &self.text[self.byte..];
        let run = &rest[..rest.iter().take_while(|b| like(b)).count()];
        self.byte += run.len();
        String::from_utf8_lossy(run).into_owned()
    }

    fn string(&mut self) -> Result<String, FormatError> {
        let quote = match self.peek() {
            Some(quote @ (b'\'' | b'"')) => quote,
            _ => return Err(self.error("a word in quotes is expected".to_owned())),
        };
        self.byte += 1;
        let word = self.run(|b| *b != quote);
        self.expect(quote)?;
        Ok(word)
    }

    fn boolean(&mut self) -> Result<bool, FormatError> {
        match self.run(u8::is_ascii_alphabetic).as_str() {
            "True" => Ok(true),
            "False" => Ok(false),
            other => Err(self.error(format!("{other:?} is not True or False"))),
        }
    }

    fn shape(&mut self) -> Result<Vec<u64>, FormatError> {
        let mut shape = Vec::new();
        self.expect(b'(')?;
        while !self.skip(b')') {
            let digits = self.run(u8::is_ascii_digit);
            let size = digits
                .parse()
                .map_err(|_| self.error(format!("{digits:?} is no size of an axis")))?;
            shape.push(size);
            // Python 2 wrote long integers with an L.
            if self.text.get(self.byte) == Some(&b'L') {
                self.byte += 1;
            }
            if !self.skip(b',') {
                self.expect(b')')?;
                break;
            }
        }
        Ok(shape)
    }

    fn item_type(&mut self) -> Result<ItemType, FormatError> {
        if matches!(self.peek(), Some(b'[' | b'(')) {
            return Err(FormatError::Items {
                descr: self.run(|b| *b != b'}'),
                what: "structured records",
            });
        }
        let descr = self.string()?;
        item_type(&descr)
    }
}

/// Parses a type as NumPy writes it: byte order, kind, number of bytes.
fn item_type(descr: &str) -> Result<ItemType, FormatError> {
    let refuse = |what| {
        let descr = descr.to_owned();
        Err(FormatError::Items { descr, what })
    };
    let order = descr.chars().next().filter(|c| "<>=|".contains(*c));
    let rest = &descr[usize::from(order.is_some())..];
    let bytes = rest.get(1..).unwrap_or_default();
    let kind = match (rest.chars().next(), bytes) {
        (Some('f'), "2" | "4" | "8") => Kind::Float,
        (Some('i'), "1" | "2" | "4" | "8") => Kind::Int,
        (Some('u'), "1" | "2" | "4" | "8") => Kind::Uint,
        (Some('b'), "1") => Kind::Bool,
        (Some('f'), _) => return refuse("floating-point numbers of other than 2, 4 or 8 bytes"),
        (Some('O'), _) => return refuse("pickled Python objects"),
        (Some('c'), _) => return refuse("complex numbers"),
        (Some('S' | 'U' | 'a'), _) => return refuse("text"),
        (Some('m' | 'M'), _) => return refuse("dates and times"),
        (Some('V'), _) => return refuse("structured records"),
        _ => return refuse("no kind of number"),
    };
    Ok(ItemType {
        kind,
        bytes: bytes.parse().expect("one of the digits above"),
        big_endian: order == Some('>'),
    })
}
