//! Who stands at the other end of the admin socket, and what they may do (C10.2).

use std::ffi::CString;

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use tokio::net::UnixStream;

/// Members announce and cancel planned stops.
pub const OPERATE_GROUP: &str = "upptid-operate";

/// A person, as the kernel names them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// The system account's name, or `uid 1234` if it has none.
    pub account: String,
    /// Whether they may change records, not only read them.
    pub may_operate: bool,
}

impl Peer {
    /// Asks the kernel who connected, and the account database for their groups.
    pub fn of(stream: &UnixStream) -> std::io::Result<Self> {
        let credentials = stream.peer_cred()?;
        let uid = Uid::from_raw(credentials.uid());
        let user = User::from_uid(uid).ok().flatten();
        let own = uid.is_root() || uid == Uid::effective();
        let may_operate = own || user.as_ref().is_some_and(is_operator);
        let account = user.map_or_else(|| format!("uid {uid}"), |user| user.name);
        Ok(Peer { account, may_operate })
    }
}

fn is_operator(user: &User) -> bool {
    let group = |name| Group::from_name(name).ok().flatten().map(|group| group.gid);
    let Some(operators) = group(OPERATE_GROUP) else { return false };
    groups_of(user).contains(&operators)
}

fn groups_of(user: &User) -> Vec<Gid> {
    let Ok(name) = CString::new(user.name.as_str()) else { return Vec::new() };
    getgrouplist(&name, user.gid).unwrap_or_default()
}
