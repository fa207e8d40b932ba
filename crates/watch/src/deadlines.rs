//! Which results have been held for too long, without looking at every service (C3.7).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One entry for each service with a deadline; an entry that has become too early is corrected when
/// it comes up, so that each service is looked at about once an interval.
#[derive(Clone, Debug)]
pub struct Deadlines<K> {
    heap: BinaryHeap<Reverse<(i64, K)>>,
}

impl<K: Ord + Copy> Deadlines<K> {
    /// No deadline yet.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new() }
    }

    /// From now on looks after `service`, first at `mono_ms`. Once for each service.
    pub fn insert(&mut self, service: K, mono_ms: i64) {
        self.heap.push(Reverse((mono_ms, service)));
    }

    /// Looks at every service that has come up. `visit` performs what is due and gives the instant
    /// of the monotonic clock at which to look again; none forgets the service.
    pub fn expire(&mut self, now_mono_ms: i64, mut visit: impl FnMut(K) -> Option<i64>) {
        while let Some(&Reverse((at, service))) = self.heap.peek() {
            if at > now_mono_ms {
                break;
            }
            self.heap.pop();
            if let Some(next) = visit(service) {
                // Never again within this call.
                self.insert(service, next.max(now_mono_ms + 1));
            }
        }
    }

    /// When to look next, on the monotonic clock.
    pub fn next(&self) -> Option<i64> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}

impl<K: Ord + Copy> Default for Deadlines<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_7_each_service_is_looked_at_when_its_deadline_has_come_and_not_before() {
        let mut deadlines = Deadlines::new();
        deadlines.insert("a", 100);
        deadlines.insert("b", 300);
        let mut seen = Vec::new();
        let mut look = |deadlines: &mut Deadlines<&'static str>, now| {
            deadlines.expire(now, |service| {
                seen.push((now, service));
                (service == "a").then_some(now)
            });
        };
        look(&mut deadlines, 99);
        look(&mut deadlines, 100);
        look(&mut deadlines, 101);
        look(&mut deadlines, 301);
        assert_eq!(deadlines.next(), Some(302));
        assert_eq!(seen, [(100, "a"), (101, "a"), (301, "a"), (301, "b")]);
    }
}
