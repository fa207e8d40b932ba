//! Sums per member of a closed list.

use std::marker::PhantomData;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::fact::{Ground, UnmeasuredCause};

/// A closed list whose members have an index and a name.
pub trait Member: Copy + 'static {
    /// Every member, in the order of their indices.
    const MEMBERS: &'static [Self];

    /// The place in [`Member::MEMBERS`].
    fn index(self) -> usize;

    /// The name in JSON.
    fn name(self) -> &'static str;
}

/// Milliseconds per member of a closed list. Serialises to a map without its zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally<M, const N: usize> {
    sums_ms: [i64; N],
    members: PhantomData<M>,
}

impl<M: Member, const N: usize> Tally<M, N> {
    /// Nothing yet.
    pub fn new() -> Self {
        Tally { sums_ms: [0; N], members: PhantomData }
    }

    /// Adds `ms` to a member's sum.
    pub fn add(&mut self, member: M, ms: i64) {
        self.sums_ms[member.index()] += ms;
    }

    /// A member's sum.
    pub fn get(&self, member: M) -> i64 {
        self.sums_ms[member.index()]
    }

    /// Every member with its sum, zeros included.
    pub fn iter(&self) -> impl Iterator<Item = (M, i64)> + '_ {
        M::MEMBERS.iter().map(|&member| (member, self.get(member)))
    }

    /// The sum of all.
    pub fn total_ms(&self) -> i64 {
        self.sums_ms.iter().sum()
    }
}

impl<M: Member, const N: usize> Default for Tally<M, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Member, const N: usize> Serialize for Tally<M, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (member, ms) in self.iter().filter(|(_, ms)| *ms != 0) {
            map.serialize_entry(member.name(), &ms)?;
        }
        map.end()
    }
}

impl Member for Ground {
    const MEMBERS: &'static [Self] = &Ground::ALL;

    fn index(self) -> usize {
        self as usize
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Member for UnmeasuredCause {
    const MEMBERS: &'static [Self] = &UnmeasuredCause::ALL;

    fn index(self) -> usize {
        self as usize
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responsible::Side;

    #[test]
    fn a_tally_serialises_without_its_zeros() {
        let mut tally = Tally::<Ground, { Ground::ALL.len() }>::new();
        tally.add(Ground::DosAttack, 7);
        assert_eq!(serde_json::to_string(&tally).unwrap(), r#"{"dos_attack":7}"#);
    }

    #[test]
    fn every_member_stands_at_its_index() {
        check::<Ground>();
        check::<UnmeasuredCause>();
        check::<Side>();
    }

    fn check<M: Member + Serialize>() {
        for (index, member) in M::MEMBERS.iter().enumerate() {
            assert_eq!(member.index(), index);
            assert_eq!(serde_json::to_value(member).unwrap(), member.name());
        }
    }
}
