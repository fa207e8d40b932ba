//! `upptid demo`: everything, no configuration, no root, and nothing left of it.

use std::fs;
use std::process::{Command, Stdio};

use end_to_end::{Finished, program};

#[test]
fn the_demo_ends_by_itself_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = Command::new(program());
    demo.args(["demo", "--seconds", "5", "--listen", "127.0.0.1:0"]);
    demo.env("TMPDIR", temporary.path()).stdin(Stdio::null());
    let finished: Finished = demo.output().unwrap().into();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for shown in ["portal", "intranet", "api", "http://127.0.0.1:", "nothing is left of it"] {
        assert!(finished.stdout.contains(shown), "{shown:?} is not in {}", finished.stdout);
    }
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().flatten().collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}
