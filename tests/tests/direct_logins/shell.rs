//! OpenSSH's sshd.

use std::fs;

use end_to_end::servers::place::Place;
use end_to_end::servers::sshd::{SSHD, key, sshd};
use end_to_end::{USER, upptid};

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
    // A server says no more than that of a locked account either.
    place.attempt(&url, "locked", "password", &known).is("account rejected");
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

#[test]
fn a_shell_is_learned_with_the_key_that_it_shows_or_with_the_one_that_is_given() {
    let Some(place) = Place::with(&SSHD) else { return };
    let sshd = sshd(&place, "");
    let url = format!("ssh://localhost:{}", sshd.port);
    let shown = place.learn(&url, USER, &["--try-wrong-password"]);
    let bare: Vec<&str> = sshd.host_key.split(' ').take(2).collect();
    for part in ["kind = \"ssh\"", &bare.join(" "), "compare it with the server's own"] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
    let given = place.learn(&url, USER, &["--host-key", &sshd.host_key]);
    assert!(given.contains(&bare.join(" ")) && !given.contains("compare"), "{given}");
    place.write("known_hosts", &format!("[localhost]:{} {}\n", sshd.port, rsa_key(&place)));
    let known_hosts = place.shown("known_hosts");
    let known = place.learn(&url, USER, &["--known-hosts", &known_hosts]);
    assert!(known.contains(&format!("known_hosts = \"{known_hosts}\"")), "{known}");

    // A host with another key than the given one is told nothing.
    let stranger =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zCF";
    let password = place.shown("password");
    let known = ["--user", USER, "--password-file", &password, "--host-key", stranger, "--json"];
    let finished = upptid([&["learn", url.as_str()], known.as_slice()].concat());
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(finished.json()["cause"], "host_key");
    let page = upptid([&["learn", "https://localhost:1/"], known.as_slice()].concat());
    assert_eq!(page.code, Some(2), "{page:?}");
}

#[test]
fn c3_5_an_account_that_has_expired_says_so_after_its_password() {
    let Some(place) = Place::with(&SSHD) else { return };
    let sshd = sshd(&place, "UsePAM yes\nBanner none\n");
    let url = format!("ssh://localhost:{}", sshd.port);
    let known = ["--host-key", sshd.host_key.as_str()];
    place.attempt(&url, USER, "password", &known).is("up");
    let expired = place.attempt(&url, "expired", "password", &known).is("account locked");
    assert!(expired.message().contains("Your account has expired"), "{}", expired.message());
    // What decides who may come in fails, and the connection ends without a word.
    place.write("pam", "auth required pam_unix.so\naccount required pam_deny.so\n");
    place.attempt(&url, USER, "password", &known).is("down closed");
}

#[test]
fn c10_3_what_is_said_to_a_shell_is_shown_without_secrets() {
    let Some(place) = Place::with(&SSHD) else { return };
    let sshd = sshd(&place, "");
    let url = format!("ssh://localhost:{}", sshd.port);
    let flags = ["--host-key", sshd.host_key.as_str(), "--explain"];
    let lines = place.attempt(&url, USER, "password", &flags).is("up").said();
    assert!(lines[0].starts_with("greeting:  / SSH-2.0-OpenSSH"), "{lines:?}");
    assert!(lines[0].ends_with("it shows the known ssh-ed25519 key"), "{lines:?}");
    assert_eq!(
        lines[2..],
        [
            "sign_in: password [cut] / accepted",
            "check: a session / opened",
            "log_out: disconnect / -",
        ]
    );
    let lines = place.attempt(&url, USER, "wrong", &flags).is("account rejected").said();
    assert!(lines[2].starts_with("sign_in: password [cut] / refused; "), "{lines:?}");
}

fn rsa_key(place: &Place) -> String {
    fs::read_to_string(place.path("host_rsa.pub")).unwrap().trim().to_owned()
}
