//! OpenSSH's sshd.

use std::fs;

use end_to_end::USER;
use end_to_end::servers::place::Place;
use end_to_end::servers::sshd::{SSHD, key, sshd};

#[test]
fn a_shell_is_logged_in_to_by_ssh_and_every_verdict_is_right() {
    let Some(place) = Place::with(&SSHD) else { return };
    let sshd = sshd(&place, "");
    let url = format!("ssh://localhost:{}", sshd.port);
    let known = ["--host-key", sshd.host_key.as_str()];

    let up = place.attempt(&url, USER, "password", &known).is("up");
    assert_eq!(up.steps(), ["greeting", "sign_in", "check", "log_out"]);
    let key_file = place.shown("user");
    let by_key = ["--host-key", sshd.host_key.as_str(), "--key-file", key_file.as_str()];
    place.attempt(&url, USER, "", &by_key).is("up");
    place.attempt(&url, USER, "wrong", &known).is("account rejected");
    key(&place, "stranger", "ed25519");
    let stranger = place.shown("stranger");
    let by_stranger = ["--host-key", sshd.host_key.as_str(), "--key-file", stranger.as_str()];
    place.attempt(&url, USER, "", &by_stranger).is("account rejected");

    // The host is known by each of its keys, and by no other.
    let line = format!("[localhost]:{} {}\n", sshd.port, rsa_key(&place));
    place.write("known_hosts", &line);
    let known_hosts = place.shown("known_hosts");
    place.attempt(&url, USER, "password", &["--known-hosts", &known_hosts]).is("up");
    let other = fs::read_to_string(place.path("stranger.pub")).unwrap();
    let down = place.attempt(&url, USER, "password", &["--host-key", other.trim()]);
    assert_eq!(down.is("down host_key").steps(), ["greeting"]);

    let host_key = format!("host_key = \"{}\"", sshd.host_key);
    let says =
        |expect: &str| format!("{host_key}\ncommand = \"echo $USER\"\nexpect = \"{expect}\"");
    place.attempt_hurried("ssh", &url, USER, &says(USER)).is("up");
    place.attempt_hurried("ssh", &url, USER, &says("root")).is("down no_proof");

    sshd.server.freeze();
    place.attempt_hurried("ssh", &url, USER, &host_key).is("down silence");
    sshd.server.thaw();
    drop(sshd);
    place.attempt_hurried("ssh", &url, USER, &host_key).is("down connect_refused");
}

#[test]
fn a_server_that_takes_no_password_is_not_the_accounts_fault() {
    let Some(place) = Place::with(&SSHD) else { return };
    let sshd = sshd(
        &place,
        "KbdInteractiveAuthentication no\nMatch User probe\nPasswordAuthentication no\n",
    );
    let url = format!("ssh://localhost:{}", sshd.port);
    let known = ["--host-key", sshd.host_key.as_str()];
    place.attempt(&url, USER, "password", &known).is("unable needs_recipe");
}

fn rsa_key(place: &Place) -> String {
    fs::read_to_string(place.path("host_rsa.pub")).unwrap().trim().to_owned()
}
