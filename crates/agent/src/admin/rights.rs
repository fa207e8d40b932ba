//! Who stands at the other end of the admin socket, and what they may do (C10.2).

use std::ffi::CString;

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use tokio::net::UnixStream;

use super::requests::Refusal;

/// Members announce and cancel planned stops, acknowledge incidents, and pause measuring.
pub const OPERATE_GROUP: &str = "upptid-operate";

/// Members claim and decide adjustments.
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
