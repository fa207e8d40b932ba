//! Who stands at the other end of the admin socket, and what they may do (C10.2).

use std::ffi::CString;

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use tokio::net::UnixStream;

use super::requests::Refusal;

/// Members announce and cancel planned stops, acknowledge incidents, mark those that are notifiable,
/// and pause measuring.
pub const OPERATE_GROUP: &str = "upptid-operate";

/// Members claim and decide adjustments, and record the customers' claims of reductions.
pub const ADJUST_GROUP: &str = "upptid-adjust";

/// A person, as the kernel names them. Reading, operating and adjusting are separate rights:
/// whoever connects may read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// The system account's name, or `uid 1234` if it has none.
    pub account: String,
    /// Whether they may do what members of [`OPERATE_GROUP`] do.
    pub may_operate: bool,
    /// Whether they may do what members of [`ADJUST_GROUP`] do.
    pub may_adjust: bool,
}

impl Peer {
    /// Asks the kernel who connected, and the account database for their groups.
    pub fn of(stream: &UnixStream) -> std::io::Result<Self> {
        let credentials = stream.peer_cred()?;
        let uid = Uid::from_raw(credentials.uid());
        let user = User::from_uid(uid).ok().flatten();
        let own = uid.is_root() || uid == Uid::effective();
        let groups = user.as_ref().map(groups_of).unwrap_or_default();
        let may = |group| own || has_group(&groups, group);
        let (may_operate, may_adjust) = (may(OPERATE_GROUP), may(ADJUST_GROUP));
        let account = user.map_or_else(|| format!("uid {uid}"), |user| user.name);
        Ok(Peer { account, may_operate, may_adjust })
    }
}

/// Refuses who may not announce, cancel, acknowledge and pause.
pub(super) fn may_operate(peer: &Peer) -> Result<(), Refusal> {
    allow(peer, peer.may_operate, OPERATE_GROUP)
}

/// Refuses who may not claim and decide adjustments.
pub(super) fn may_adjust(peer: &Peer) -> Result<(), Refusal> {
    allow(peer, peer.may_adjust, ADJUST_GROUP)
}

fn allow(peer: &Peer, may: bool, group: &str) -> Result<(), Refusal> {
    if may {
        return Ok(());
    }
    Err(format!(
        "{} may see this but not do it; ask for membership in the group {group}",
        peer.account
    ))
}

fn has_group(groups: &[Gid], name: &str) -> bool {
    let group = Group::from_name(name).ok().flatten();
    group.is_some_and(|group| groups.contains(&group.gid))
}

fn groups_of(user: &User) -> Vec<Gid> {
    let Ok(name) = CString::new(user.name.as_str()) else { return Vec::new() };
    getgrouplist(&name, user.gid).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn c10_2_the_agents_own_user_operates_and_adjusts_under_its_name() {
        let (_there, here) = UnixStream::pair().unwrap();
        let peer = Peer::of(&here).unwrap();
        let own = User::from_uid(Uid::effective()).unwrap();
        let name = own.map_or_else(|| format!("uid {}", Uid::effective()), |user| user.name);
        assert_eq!(peer, Peer { account: name, may_operate: true, may_adjust: true });
    }

    #[test]
    fn c10_2_operating_and_adjusting_are_separate_rights() {
        let peer =
            |may_operate, may_adjust| Peer { account: "bo".to_owned(), may_operate, may_adjust };
        assert!(may_operate(&peer(true, false)).is_ok() && may_adjust(&peer(false, true)).is_ok());
        let refused = may_operate(&peer(false, true)).unwrap_err();
        assert!(refused.contains("bo") && refused.contains(OPERATE_GROUP), "{refused}");
        assert!(may_adjust(&peer(true, false)).unwrap_err().contains(ADJUST_GROUP));
    }
}
