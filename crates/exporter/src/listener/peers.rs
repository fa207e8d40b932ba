//! How many connections each peer has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts the connections of each peer, which must not have them all.
pub(super) struct Peers {
    per_peer_max: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection that is counted until it is dropped.
pub(super) struct Place {
    peer: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Peers {
    /// None is open yet.
    pub(super) fn new(per_peer_max: usize) -> Self {
        Peers { per_peer_max, open: Arc::default() }
    }

    /// A place for one more connection of `peer`; none if it has as many as it may.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Place> {
        let peer = counted_as(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(&peer).is_some_and(|count| *count >= self.per_peer_max) {
            return None;
        }
        *open.entry(peer).or_default() += 1;
        Some(Place { peer, open: Arc::clone(&self.open) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

/// An IPv6 host has a whole network of addresses: the network is counted.
fn counted_as(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_peer_does_not_take_the_others_places() {
        let peers = Peers::new(2);
        let admit = |text: &str| peers.admit(text.parse().unwrap());
        let first = admit("2001:db8::1").unwrap();
        let _second = admit("2001:db8::2").unwrap();
        assert!(admit("2001:db8::3").is_none());
        let _others = [admit("2001:db8:0:1::1").unwrap(), admit("192.0.2.1").unwrap()];
        drop(first);
        assert!(admit("2001:db8::3").is_some());
    }

    #[test]
    fn nothing_is_kept_of_a_peer_that_has_gone() {
        let peers = Peers::new(1);
        drop(peers.admit("::ffff:192.0.2.1".parse().unwrap()));
        assert!(peers.open.lock().unwrap().is_empty());
    }
}
