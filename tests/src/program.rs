//! The program under test, built, and run to its end.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// What a program left behind.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote on standard output.
    pub stdout: String,
    /// What it wrote on standard error.
    pub stderr: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Finished {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON on standard output: {error}: {self:?}"))
    }
}

/// Where `upptid` is. The first call builds it, so that it is never an older one: the test's own
/// profile and target folder are used.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("upptid", ["--bin", "upptid"]).join("upptid"))
}

/// Runs `upptid` with these arguments to its end.
pub fn upptid<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Finished {
    let mut command = Command::new(program());
    command.args(arguments).stdin(Stdio::null());
    command.output().expect("the program was built").into()
}

/// Runs an example of another package of this workspace to its end.
pub fn example(package: &str, name: &str, arguments: &[&Path]) -> Finished {
    let path = build(package, ["--example", name]).join("examples").join(name);
    Command::new(path).args(arguments).output().expect("the example was built").into()
}

/// Whether nothing may be skipped.
#[expect(
    clippy::disallowed_methods,
    reason = "CI tells by the environment that nothing is skipped"
)]
pub fn is_ci() -> bool {
    env::var_os("CI").is_some()
}

#[expect(clippy::disallowed_methods, reason = "cargo tells a test by the environment who runs it")]
fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// Builds one target of `package`; gives the folder of the profile, where binaries lie.
fn build(package: &str, target: [&str; 2]) -> PathBuf {
    // target/debug/deps/this_test-0123456789abcdef
    let this = env::current_exe().expect("a test has a path");
    let profile = this.parent().and_then(Path::parent).expect("a test lies in deps");
    let mut command = Command::new(cargo());
    command.args(["build", "--quiet", "--package", package]).args(target);
    command.arg("--manifest-path").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
    command.arg("--target-dir").arg(profile.parent().expect("a profile lies in the target folder"));
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let built = command.output().expect("cargo can be started");
    assert!(built.status.success(), "{package}: {}", String::from_utf8_lossy(&built.stderr));
    profile.to_owned()
}
