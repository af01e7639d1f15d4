//! The parts of an experiment as values of keys, for reading and writing.

use std::path::PathBuf;

use toml::Value;

use super::nearest::nearest_word;
use crate::config::{Columns, Evaluate, Named, Samples, Source};

/// Why a value does not fit a key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Misread {
    /// It has another type.
    Type,
    /// It is not a word of the key. Holds the word that was probably meant.
    Word(Option<String>),
    /// It contradicts another choice.
    Because(&'static str),
}

/// A part of an experiment that holds the value of a key.
pub(super) trait Field {
    /// The value in its written form; `None` if the key is not written.
    fn write(&self) -> Option<Value>;

    /// Takes a value of the right type, without regard to its range.
    fn read(&mut self, value: &Value) -> Result<(), Misread>;
}

/// A whole number, 0 or more.
pub(super) fn whole(value: &Value) -> Result<u64, Misread> {
    let number = value.as_integer().ok_or(Misread::Type)?;
    u64::try_from(number).map_err(|_| Misread::Type)
}

/// A number, with or without a point.
pub(super) fn number(value: &Value) -> Result<f64, Misread> {
    match value {
        // -0.0 is 0.0
        Value::Float(number) => Ok(number + 0.0),
        Value::Integer(number) => Ok(*number as f64),
        _ => Err(Misread::Type),
    }
}

/// TOML's whole numbers are signed. A larger number is written as a float, which no range of whole numbers allows.
pub(super) fn written(number: u64) -> Value {
    match i64::try_from(number) {
        Ok(number) => Value::Integer(number),
        Err(_) => Value::Float(number as f64),
    }
}

fn text(value: &Value) -> Result<&str, Misread> {
    value.as_str().ok_or(Misread::Type)
}

/// The refusal of an unknown word.
fn unknown(word: &str, known: impl Iterator<Item = &'static str>) -> Misread {
    Misread::Word(nearest_word(word, known).map(|name| format!("{name:?}")))
}

impl<T: Named> Field for T {
    fn write(&self) -> Option<Value> {
        Some(self.name().into())
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        let word = text(value)?;
        let known = || T::NAMES.iter().map(|(name, _)| *name);
        *self = T::named(word).ok_or_else(|| unknown(word, known()))?;
        Ok(())
    }
}

impl Field for Source {
    fn write(&self) -> Option<Value> {
        Some(self.name().into())
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        let word = text(value)?;
        *self = Source::named(word).ok_or_else(|| unknown(word, Source::NAMES.into_iter()))?;
        Ok(())
    }
}

impl Field for f64 {
    fn write(&self) -> Option<Value> {
        Some((*self).into())
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        *self = number(value)?;
        Ok(())
    }
}

impl Field for u64 {
    fn write(&self) -> Option<Value> {
        Some(written(*self))
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        *self = whole(value)?;
        Ok(())
    }
}

impl Field for usize {
    fn write(&self) -> Option<Value> {
        Some(written(*self as u64))
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        *self = usize::try_from(whole(value)?).map_err(|_| Misread::Type)?;
        Ok(())
    }
}

impl Field for String {
    fn write(&self) -> Option<Value> {
        Some(self.as_str().into())
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        *self = text(value)?.to_owned();
        Ok(())
    }
}

impl Field for PathBuf {
    fn write(&self) -> Option<Value> {
        Some(Value::String(self.to_string_lossy().into_owned()))
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        *self = PathBuf::from(text(value)?);
        Ok(())
    }
}

impl Field for Vec<f64> {
    fn write(&self) -> Option<Value> {
        Some(self.clone().into())
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        let values = value.as_array().ok_or(Misread::Type)?;
        *self = values.iter().map(number).collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// A key without a value is not written.
macro_rules! optional {
    ($($type:ty: $start:expr),+ $(,)?) => {
        $(impl Field for Option<$type> {
            fn write(&self) -> Option<Value> {
                self.as_ref()?.write()
            }

            fn read(&mut self, value: &Value) -> Result<(), Misread> {
                self.insert($start).read(value)
            }
        })+
    };
}

optional!(f64: 0.0, usize: 0, String: String::new());

impl Field for Option<Columns> {
    fn write(&self) -> Option<Value> {
        Some(self.as_ref()?.to_string().into())
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        let columns = text(value)?.parse().map_err(|()| Misread::Word(None))?;
        *self = Some(columns);
        Ok(())
    }
}

impl Field for Samples {
    fn write(&self) -> Option<Value> {
        match self {
            Samples::Count(count) => count.write(),
            Samples::Half => Some("half".into()),
            Samples::All => Some("all".into()),
        }
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        *self = match value.as_str() {
            Some("half") => Samples::Half,
            Some("all") => Samples::All,
            Some(_) => return Err(Misread::Word(None)),
            None => {
                let mut count = 0;
                count.read(value)?;
                Samples::Count(count)
            }
        };
        Ok(())
    }
}

impl Field for Evaluate {
    fn write(&self) -> Option<Value> {
        match self {
            Evaluate::Log => Some("log".into()),
            Evaluate::Every(interval) => interval.write(),
        }
    }

    fn read(&mut self, value: &Value) -> Result<(), Misread> {
        *self = match value.as_str() {
            Some("log") => Evaluate::Log,
            Some(_) => return Err(Misread::Word(None)),
            None => {
                let mut interval = 0;
                interval.read(value)?;
                Evaluate::Every(interval)
            }
        };
        Ok(())
    }
}
