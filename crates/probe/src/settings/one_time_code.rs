//! The secret that one-time codes are made from (RFC 6238).

use secrecy::{ExposeSecret, SecretSlice};
use url::Url;

/// Characters of a secret, or of the address that holds it.
const TEXT_CHARS_MAX: usize = 4096;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What one-time codes are made from. `Debug` leaves out the secret.
#[derive(Clone, Debug)]
pub struct Totp {
    /// The secret.
    pub key: SecretSlice<u8>,
    /// What it is hashed with.
    pub hash: TotpHash,
    /// How many digits a code has.
    pub digits: u32,
    /// How long a code holds, in ms.
    pub period_ms: i64,
}

/// What one-time codes are hashed with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TotpHash {
    /// SHA-1, which nearly every service takes.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Totp {
    /// Reads a secret as services show it: in base32, in any case, with blanks, hyphens and padding;
    /// or as the address in a QR code, `otpauth://totp/…?secret=…`. The error is a fragment that
    /// names the remedy and never quotes the text (C10.3).
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > TEXT_CHARS_MAX {
            return Err(format!("the secret is longer than {TEXT_CHARS_MAX} characters"));
        }
        match Url::parse(text) {
            Ok(url) if url.scheme() == "otpauth" => Totp::of_address(&url),
            _ => Totp::of_key(text),
        }
    }

    fn of_key(base32: &str) -> Result<Self, String> {
        let key = decoded(base32)?.into();
        Ok(Totp { key, hash: TotpHash::default(), digits: 6, period_ms: 30_000 })
    }

    fn of_address(url: &Url) -> Result<Self, String> {
        if !url.host_str().is_some_and(|kind| kind.eq_ignore_ascii_case("totp")) {
            return Err("only codes that change with time are known: otpauth://totp/…".to_owned());
        }
        let parameter = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let number = |name: &str, default: u32, least: u32, most: u32| match parameter(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| format!("{name} in the address is from {least} to {most}")),
        };
        let secret = parameter("secret").ok_or("the address has no secret=")?;
        let hash = match parameter("algorithm").map(|name| name.to_ascii_uppercase()).as_deref() {
            None | Some("SHA1" | "SHA-1") => TotpHash::Sha1,
            Some("SHA256" | "SHA-256") => TotpHash::Sha256,
            Some("SHA512" | "SHA-512") => TotpHash::Sha512,
            Some(_) => return Err("algorithm in the address is SHA1, SHA256 or SHA512".to_owned()),
        };
        Ok(Totp {
            hash,
            digits: number("digits", 6, 6, 8)?,
            period_ms: i64::from(number("period", 30, 1, 600)?) * 1000,
            ..Totp::of_key(&secret)?
        })
    }
}

/// The same codes at the same time.
impl PartialEq for Totp {
    fn eq(&self, other: &Self) -> bool {
        self.key.expose_secret() == other.key.expose_secret()
            && (self.hash, self.digits, self.period_ms)
                == (other.hash, other.digits, other.period_ms)
    }
}

/// Base32 (RFC 4648), as people copy it.
fn decoded(text: &str) -> Result<Vec<u8>, String> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for c in text.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'-') {
        let upper = c.to_ascii_uppercase();
        let value = BASE32.iter().position(|known| *known == upper);
        let value =
            value.ok_or("it is no base32: it may hold the letters A-Z and the digits 2-7")?;
        bits = bits << 5 | value as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    // What is left over are the bits that padding would have filled.
    match (bytes.is_empty(), count) {
        (true, _) => Err("it is empty: write the secret that the service showed".to_owned()),
        (_, 5..) => Err("it is cut short: copy the whole secret".to_owned()),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Vec<u8> {
        Totp::parse(text).unwrap().key.expose_secret().to_vec()
    }

    #[test]
    fn a_secret_is_read_as_services_show_it() {
        // RFC 4648, section 10.
        for (text, bytes) in [
            ("MY======", "f"),
            ("MZXQ====", "fo"),
            ("MZXW6===", "foo"),
            ("MZXW6YQ=", "foob"),
            ("MZXW6YTB", "fooba"),
            ("MZXW6YTBOI======", "foobar"),
            ("mzxw6ytboi", "foobar"),
            (" mzxw 6ytb-oi\n", "foobar"),
            ("otpauth://totp/Portal:probe?secret=mzxw6ytboi&issuer=Portal", "foobar"),
        ] {
            assert_eq!(key(text), bytes.as_bytes(), "{text}");
        }
    }

    #[test]
    fn an_address_says_what_codes_look_like() {
        let totp = Totp::parse(
            "otpauth://totp/x?secret=MZXW6YTBOI%3D%3D%3D&algorithm=SHA256&digits=8&period=60",
        )
        .unwrap();
        assert_eq!((totp.hash, totp.digits, totp.period_ms), (TotpHash::Sha256, 8, 60_000));
        let plain = Totp::parse("MZXW6YTBOI").unwrap();
        assert_eq!((plain.hash, plain.digits, plain.period_ms), (TotpHash::Sha1, 6, 30_000));
    }

    #[test]
    fn c10_3_what_is_no_secret_is_refused_without_quoting_it() {
        for (text, part) in [
            ("", "it is empty"),
            ("====", "it is empty"),
            ("HUNTER2!", "no base32"),
            ("HUNTER0", "no base32"),
            ("MZXW6YTBO", "cut short"),
            ("otpauth://hotp/x?secret=MZXW6YTBOI", "only codes that change with time"),
            ("otpauth://totp/x?issuer=HUNTER", "no secret="),
            ("otpauth://totp/x?secret=MZXW6YTBOI&algorithm=MD5", "SHA1, SHA256 or SHA512"),
            ("otpauth://totp/x?secret=MZXW6YTBOI&digits=20", "digits in the address"),
            ("otpauth://totp/x?secret=MZXW6YTBOI&period=0", "period in the address"),
        ] {
            let error = Totp::parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
            assert!(!error.contains("HUNTER"), "{error}");
        }
        assert!(!format!("{:?}", Totp::parse("MZXW6YTBOI").unwrap()).contains("102"));
    }
}
