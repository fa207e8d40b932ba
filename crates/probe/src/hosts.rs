//! The machine's own list of names, `/etc/hosts`.
//!
//! Operators expect it to be honoured, so it is, unless `hosts_file = false`. It is part of the
//! phase `resolve`. The file is read again when its time or size has changed.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::settings::Family;

/// Bytes of the file that are read; what follows is not seen.
pub const HOSTS_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// A hosts file, as it was when last looked at.
#[derive(Debug)]
pub struct HostsFile {
    path: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    version: Option<(SystemTime, u64)>,
    names: Arc<HashMap<String, Vec<IpAddr>>>,
}

impl HostsFile {
    /// The hosts file at this path, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        HostsFile { path: path.into(), seen: Mutex::default() }
    }

    /// The first address of that kind that the file gives for the name (in lower case).
    pub fn address(&self, name: &str, family: Family) -> Option<IpAddr> {
        let names = self.names();
        let addresses = names.get(name)?;
        let v4 = || addresses.iter().find(|address| address.is_ipv4());
        let v6 = || addresses.iter().find(|address| address.is_ipv6());
        match family {
            Family::V4 => v4(),
            Family::V6 => v6(),
            Family::Any => v4().or_else(v6),
        }
        .copied()
    }

    fn names(&self) -> Arc<HashMap<String, Vec<IpAddr>>> {
        let version = std::fs::metadata(&self.path)
            .and_then(|metadata| Ok((metadata.modified()?, metadata.len())))
            .ok();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.version != version {
            let mut text = Vec::new();
            let read = File::open(&self.path)
                .and_then(|file| file.take(HOSTS_BYTES_MAX).read_to_end(&mut text));
            // A file that cannot be read now (no descriptor left) is looked at again next time.
            if read.is_ok() || version.is_none() {
                *seen = Seen { version, names: Arc::new(parse(&String::from_utf8_lossy(&text))) };
            }
        }
        Arc::clone(&seen.names)
    }
}

fn parse(text: &str) -> HashMap<String, Vec<IpAddr>> {
    let mut names: HashMap<String, Vec<IpAddr>> = HashMap::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let Some(Ok(address)) = words.next().map(str::parse) else { continue };
        for name in words {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            names.entry(name).or_default().push(address);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_hosts_file_is_read_as_the_system_does_and_again_when_it_changes() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "# comment\n::1 both\n127.0.0.1\tBoth. other # rest\nrubbish x\n::2 six")
            .unwrap();
        let hosts = HostsFile::new(file.path());

        assert_eq!(hosts.address("both", Family::Any), "127.0.0.1".parse().ok());
        assert_eq!(hosts.address("both", Family::V6), "::1".parse().ok());
        assert_eq!(hosts.address("other", Family::Any), "127.0.0.1".parse().ok());
        assert_eq!(hosts.address("six", Family::Any), "::2".parse().ok());
        assert_eq!(hosts.address("six", Family::V4), None);
        assert_eq!(hosts.address("rest", Family::Any), None);
        assert_eq!(hosts.address("x", Family::Any), None);

        writeln!(file, "127.0.0.9 late").unwrap();
        assert_eq!(hosts.address("late", Family::Any), "127.0.0.9".parse().ok());
        drop(file);
        assert_eq!(hosts.address("late", Family::Any), None);
    }
}
