//! The answer to a Digest challenge (RFC 7616).

use std::sync::atomic::{AtomicU32, Ordering};

use http::{HeaderValue, Method};
use md5::Md5;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256, Sha512_256};
use url::{Position, Url};

use crate::challenge::Challenge;
use crate::settings::Credentials;

/// How a challenge wants its answer hashed, the best last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Algorithm {
    Md5,
    Sha256,
    Sha512_256,
}

impl Algorithm {
    /// Its name, and whether the session variant is meant.
    fn named(name: Option<&str>) -> Option<(Self, bool)> {
        let name = name.unwrap_or("MD5").to_ascii_uppercase();
        let (name, is_session) = match name.strip_suffix("-SESS") {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let algorithm = match name {
            "MD5" => Algorithm::Md5,
            "SHA-256" => Algorithm::Sha256,
            "SHA-512-256" => Algorithm::Sha512_256,
            _ => return None,
        };
        Some((algorithm, is_session))
    }

    fn hash(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Algorithm::Md5 => hex(&Md5::digest(text)),
            Algorithm::Sha256 => hex(&Sha256::digest(text)),
            Algorithm::Sha512_256 => hex(&Sha512_256::digest(text)),
        }
    }
}

/// Answers one challenge, for as many requests as it is good for. `Debug` is not implemented: it
/// holds the password.
pub struct Digest {
    challenge: Challenge,
    algorithm: Algorithm,
    is_session: bool,
    has_qop: bool,
    user: String,
    password: SecretString,
    cnonce: String,
    count: AtomicU32,
}

impl Digest {
    /// The best of the challenges that can be answered; none if there is no such one. `cnonce` is
    /// this side's random number.
    pub fn new(challenges: &[Challenge], account: &Credentials, cnonce: String) -> Option<Self> {
        let (algorithm, is_session, challenge) = challenges
            .iter()
            .filter(|challenge| challenge.is("Digest") && challenge.get("nonce").is_some())
            .filter(|challenge| offers_auth(challenge))
            .filter_map(|challenge| {
                let (algorithm, is_session) = Algorithm::named(challenge.get("algorithm"))?;
                Some((algorithm, is_session, challenge))
            })
            // The first of equals: it is what the service prefers.
            .reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        Some(Digest {
            algorithm,
            is_session,
            has_qop: challenge.get("qop").is_some(),
            challenge: challenge.clone(),
            user: account.user.clone(),
            password: account.password.clone(),
            cnonce,
            count: AtomicU32::new(0),
        })
    }

    /// The value of `Authorization` for one request. None if it cannot stand in a header.
    pub fn authorization(&self, method: &Method, url: &Url) -> Option<HeaderValue> {
        let count = self.count.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let count = format!("{count:08x}");
        let uri = &url[Position::BeforePath..Position::AfterQuery];
        let realm = self.challenge.get("realm").unwrap_or_default();
        let nonce = self.challenge.get("nonce").unwrap_or_default();
        let response = self.response(method, uri, realm, nonce, &count);

        let mut value = format!("Digest {}, realm={}", self.user_parameter(realm), quoted(realm));
        value += &format!(", nonce={}, uri={}", quoted(nonce), quoted(uri));
        value += &format!(", response=\"{response}\"");
        if let Some(algorithm) = self.challenge.get("algorithm") {
            value += &format!(", algorithm={algorithm}");
        }
        if let Some(opaque) = self.challenge.get("opaque") {
            value += &format!(", opaque={}", quoted(opaque));
        }
        if self.has_qop {
            value += &format!(", qop=auth, nc={count}, cnonce=\"{}\"", self.cnonce);
        }
        if self.hashes_user() {
            value += ", userhash=true";
        }
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// RFC 7616, 3.4.1 to 3.4.3.
    fn response(
        &self,
        method: &Method,
        uri: &str,
        realm: &str,
        nonce: &str,
        count: &str,
    ) -> String {
        let hash = |parts: &[&str]| self.algorithm.hash(parts);
        let mut a1 = hash(&[&self.user, realm, self.password.expose_secret()]);
        if self.is_session {
            a1 = hash(&[&a1, nonce, &self.cnonce]);
        }
        let a2 = hash(&[method.as_str(), uri]);
        match self.has_qop {
            true => hash(&[&a1, nonce, count, &self.cnonce, "auth", &a2]),
            false => hash(&[&a1, nonce, &a2]),
        }
    }

    fn hashes_user(&self) -> bool {
        self.challenge.get("userhash").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// RFC 7616, 3.4 and 3.4.4: hashed, plain, or encoded where it is more than ASCII.
    fn user_parameter(&self, realm: &str) -> String {
        if self.hashes_user() {
            return format!("username=\"{}\"", self.algorithm.hash(&[&self.user, realm]));
        }
        if self.user.is_ascii() {
            return format!("username={}", quoted(&self.user));
        }
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        let encoded: String = self
            .user
            .bytes()
            .map(|byte| match plain(&byte) {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect();
        format!("username*=UTF-8''{encoded}")
    }
}

/// Whether authentication without the body's protection is offered: all that a GET needs.
fn offers_auth(challenge: &Challenge) -> bool {
    challenge
        .get("qop")
        .is_none_or(|qop| qop.split(',').any(|word| word.trim().eq_ignore_ascii_case("auth")))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::WWW_AUTHENTICATE;

    use super::*;
    use crate::challenge::challenges;

    fn challenge(values: &[&'static str]) -> Vec<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
        }
        challenges(&headers)
    }

    fn answer(
        values: &[&'static str],
        user: &str,
        password: &str,
        cnonce: &str,
        url: &str,
    ) -> String {
        let account = Credentials::new(user, password);
        let digest = Digest::new(&challenge(values), &account, cnonce.to_owned()).unwrap();
        let value = digest.authorization(&Method::GET, &url.parse().unwrap()).unwrap();
        value.to_str().unwrap().to_owned()
    }

    const SHA: &str = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
    const MD5: &str = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;

    /// RFC 7616, 3.9.1.
    #[test]
    fn the_rfc_s_first_example() {
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let url = "https://www.example.org/dir/index.html";
        let given = answer(&[MD5], "Mufasa", "Circle of Life", cnonce, url);
        assert!(given.contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""), "{given}");
        let given = answer(&[MD5, SHA], "Mufasa", "Circle of Life", cnonce, url);
        let wanted = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        assert!(given.contains(&format!("response=\"{wanted}\"")), "{given}");
        assert!(given.contains("nc=00000001"), "{given}");
        assert!(given.contains("algorithm=SHA-256"), "{given}");
    }

    /// RFC 7616, 3.9.2, as its erratum 4897 corrects it.
    #[test]
    fn the_rfc_s_second_example() {
        let challenge = r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDssOS", charset=UTF-8, userhash=true"#;
        let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
        let url = "https://api.example.org/doe.json";
        let given = answer(&[challenge], "J\u{e4}s\u{f8}n Doe", "Secret, or not?", cnonce, url);
        let user = "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b";
        assert!(given.contains(&format!("username=\"{user}\"")), "{given}");
        let wanted = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5";
        assert!(given.contains(&format!("response=\"{wanted}\"")), "{given}");
    }

    /// RFC 2069, 2.4, as corrected: what services without `qop` still want.
    #[test]
    fn a_challenge_without_qop_is_answered_as_of_old() {
        let challenge = r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
        let url = "https://host.com/dir/index.html";
        let given = answer(&[challenge], "Mufasa", "CircleOfLife", "x", url);
        assert!(given.contains("response=\"1949323746fe6a43ef61f9606e7febea\""), "{given}");
        assert!(!given.contains("qop") && !given.contains("cnonce"), "{given}");
    }

    #[test]
    fn what_cannot_be_answered_is_not() {
        let account = Credentials::new("probe", "secret");
        for value in [
            r#"Digest realm="a", nonce="n", algorithm=TOKEN"#,
            r#"Digest realm="a", nonce="n", qop="auth-int""#,
            r#"Digest realm="a""#,
            r#"Basic realm="a""#,
        ] {
            assert!(Digest::new(&challenge(&[value]), &account, "c".to_owned()).is_none());
        }
    }
}
