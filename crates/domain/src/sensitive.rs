use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem;

use zeroize::{Zeroize, Zeroizing};

/// A value that must not be printed, logged or serialised: what identifies a person, or a secret.
///
/// The memory is overwritten on drop. Each look inside gives its reason, so that a reader of the
/// code can list every place where the value leaves its wrapper.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Sensitive<T> {
    /// Wraps the value.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. `reason` says why this place needs it, e.g. `"manifest title"`.
    pub fn expose(&self, reason: &'static str) -> &T {
        let _ = reason;
        &self.0
    }

    /// The value itself, out of the wrapper: from here on the caller wipes it.
    pub fn into_inner(mut self, reason: &'static str) -> T
    where
        T: Default,
    {
        let _ = reason;
        mem::take(&mut *self.0)
    }
}

impl<T: Zeroize> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize + Hash> Hash for Sensitive<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensitive_value_prints_nothing_of_itself() {
        let value = Sensitive::new(String::from("Kari Prøve"));
        assert_eq!(
            format!("{value} {value:?} {value:#?}"),
            "[redacted] [redacted] [redacted]"
        );
        assert_eq!(value.expose("test"), "Kari Prøve");
        assert_eq!(value.into_inner("test"), "Kari Prøve");
    }
}
