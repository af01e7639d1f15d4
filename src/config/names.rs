//! The words for choices in a file.

use std::mem::discriminant;

/// A choice that is written as a word. A choice that has settings is listed with their defaults.
pub trait Named: Clone + Sized + 'static {
    /// Every choice with its word, the default first.
    const NAMES: &'static [(&'static str, Self)];

    /// The word of the choice, whatever its settings.
    fn name(&self) -> &'static str {
        let same = |choice: &Self| discriminant(choice) == discriminant(self);
        let named = Self::NAMES.iter().find(|(_, choice)| same(choice));
        named.map_or("", |(name, _)| name)
    }

    /// The choice of a word, with the defaults of its settings.
    fn named(name: &str) -> Option<Self> {
        let named = Self::NAMES.iter().find(|(known, _)| *known == name);
        named.map(|(_, choice)| choice.clone())
    }
}

/// Gives a choice its words; the first one is its [`Default`].
macro_rules! named {
    ($type:ident { $first:literal: $default:expr, $($name:literal: $choice:expr),+ $(,)? }) => {
        impl $crate::config::Named for $type {
            const NAMES: &'static [(&'static str, Self)] =
                &[($first, $default), $(($name, $choice)),+];
        }

        impl Default for $type {
            fn default() -> Self {
                $default
            }
        }
    };
}

/// Setters that take the value of a field and return the whole.
macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $type:ty),+ $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        })+
    };
}

pub(super) use {named, setters};
