//! A disk in memory that keeps what was synced apart from what was only written, so that tests can
//! cut its power, fill it, make it fail at the n-th call, and make it lie.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Disk, DiskFile};

/// A disk in memory. Clones are the same disk.
#[derive(Clone)]
pub(crate) struct FaultyDisk(Arc<Mutex<State>>);

struct State {
    /// What a reader sees.
    names: BTreeMap<PathBuf, usize>,
    /// What survives a power cut.
    names_synced: BTreeMap<PathBuf, usize>,
    files: Vec<Content>,
    random: u64,
    /// `sync` says yes and does nothing.
    lying: bool,
    /// Bytes left; none: no end.
    room: Option<usize>,
    /// Writes and syncs until the one that fails.
    fail_in: Option<u64>,
    /// Whether everything fails until told otherwise.
    broken: bool,
    calls: u64,
}

#[derive(Default)]
struct Content {
    bytes: Vec<u8>,
    synced: Vec<u8>,
}

impl FaultyDisk {
    /// An empty disk; `seed` decides what of the unsynced a power cut leaves.
    pub(crate) fn new(seed: u64) -> Self {
        FaultyDisk(Arc::new(Mutex::new(State {
            names: BTreeMap::new(),
            names_synced: BTreeMap::new(),
            files: Vec::new(),
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            lying: false,
            room: None,
            fail_in: None,
            broken: false,
            calls: 0,
        })))
    }

    /// The disk as it comes back after the power was cut now: another disk, for handles to this
    /// one are of a machine that is off.
    pub(crate) fn power_cut(&self) -> FaultyDisk {
        let mut state = self.state();
        let mut names = state.names_synced.clone();
        for (path, file) in state.names.clone() {
            if !names.contains_key(&path) && state.random().is_multiple_of(2) {
                names.insert(path, file);
            }
        }
        let contents: Vec<Vec<u8>> =
            (0..state.files.len()).map(|file| state.after_power_cut(file)).collect();
        let disk = FaultyDisk::new(state.random());
        let mut after = disk.state();
        after.files =
            contents.into_iter().map(|bytes| Content { synced: bytes.clone(), bytes }).collect();
        after.names = names.clone();
        after.names_synced = names;
        drop(after);
        disk
    }

    /// From now on `sync` acknowledges without doing anything.
    pub(crate) fn lie(&self) {
        self.state().lying = true;
    }

    /// Leaves room for `bytes` more; none: no end.
    pub(crate) fn set_room(&self, bytes: Option<usize>) {
        self.state().room = bytes;
    }

    /// Lets the n-th write or sync from now fail with EIO, once.
    pub(crate) fn fail_in(&self, calls: u64) {
        self.state().fail_in = Some(calls);
    }

    /// Lets every write and sync fail, or none.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.state().broken = broken;
    }

    /// Writes and syncs asked for so far.
    pub(crate) fn calls(&self) -> u64 {
        self.state().calls
    }

    /// A file's bytes as a reader sees them.
    pub(crate) fn bytes(&self, path: &Path) -> Vec<u8> {
        let state = self.state();
        state.files[state.names[path]].bytes.clone()
    }

    /// Puts a file's bytes there, synced.
    pub(crate) fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.state();
        state.files.push(Content { synced: bytes.clone(), bytes });
        let file = state.files.len() - 1;
        state.names.insert(path.to_owned(), file);
        state.names_synced.insert(path.to_owned(), file);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.random() % bound as u64) as usize
    }

    /// What was synced and any part of what was only appended, perhaps as NULs.
    fn after_power_cut(&mut self, file: usize) -> Vec<u8> {
        let Content { bytes, synced } = &self.files[file];
        let (bytes, mut left) = (bytes.clone(), synced.clone());
        if bytes.len() > left.len() && bytes.starts_with(&left) {
            let extra = self.below(bytes.len() - left.len() + 1);
            let kept = self.below(extra + 1);
            left.extend_from_slice(&bytes[left.len()..left.len() + kept]);
            left.resize(left.len() + extra - kept, 0);
        }
        left
    }

    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        if let Some(calls) = self.fail_in.as_mut() {
            *calls = calls.saturating_sub(1);
            if *calls == 0 {
                self.fail_in = None;
                return Err(io::Error::other("input/output error (injected)"));
            }
        }
        if self.broken {
            return Err(io::Error::other("input/output error (injected)"));
        }
        Ok(())
    }
}

struct FaultyFile {
    disk: FaultyDisk,
    file: usize,
}

impl Disk for FaultyDisk {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn open(&self, path: &Path, create: bool) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        if create {
            state.call()?;
            state.files.push(Content::default());
            let file = state.files.len() - 1;
            state.names.insert(path.to_owned(), file);
        }
        let file = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(FaultyFile { disk: self.clone(), file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state().names.remove(path).map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        if !state.lying {
            state.names_synced = state.names.clone();
        }
        Ok(())
    }
}

impl DiskFile for FaultyFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.state().files[self.file].bytes.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.state();
        let bytes = &state.files[self.file].bytes;
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let failed = state.call();
        let torn = match failed {
            Ok(()) => bytes.len(),
            Err(_) => state.below(bytes.len() + 1),
        };
        let fits = torn.min(state.room.unwrap_or(usize::MAX));
        state.room = state.room.map(|room| room - fits);
        state.files[self.file].bytes.extend_from_slice(&bytes[..fits]);
        failed?;
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.call()?;
        let before = state.files[self.file].bytes.len();
        state.room = state.room.map(|room| room + before.saturating_sub(len as usize));
        state.files[self.file].bytes.truncate(len as usize);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        if let Err(error) = state.call() {
            // As Linux does: the failed pages are marked clean, and a later sync says nothing.
            let content = &mut state.files[self.file];
            content.synced.truncate(content.bytes.len());
            return Err(error);
        }
        if !state.lying {
            let content = &mut state.files[self.file];
            content.synced = content.bytes.clone();
        }
        Ok(())
    }
}
