//! Settings that most logins have in common, held once.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A part of a login's settings that clones share until one of them is changed: thousands of logins
/// mostly say the same about it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shared<T>(Arc<T>);

impl<T: PartialEq> Shared<T> {
    /// Holds one value with `other`, if theirs are equal.
    pub fn share_with(&mut self, other: &Self) {
        if self == other {
            self.0 = Arc::clone(&other.0);
        }
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Shared(Arc::new(value))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_settings_are_held_once_until_one_changes() {
        let one = Shared::from(vec![1]);
        let mut other = Shared::from(vec![1]);
        other.share_with(&one);
        assert!(Arc::ptr_eq(&one.0, &other.0));
        other.push(2);
        assert_eq!((&*one, &*other), (&vec![1], &vec![1, 2]));
        other.share_with(&one);
        assert_eq!(*other, [1, 2]);
    }
}
