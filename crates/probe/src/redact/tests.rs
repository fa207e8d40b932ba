use proptest::prelude::*;

use super::*;

#[test]
fn an_address_stays_readable_and_its_tokens_do_not() {
    let redactor = Redactor::new("probe", &["hemligt"]);
    for (url, shown) in [
        ("https://a.example:33621/o/revoke_token/", "https://a.example:33621/o/revoke_token/"),
        (
            "https://a.example:8443/accounts/login/?next=/home",
            "https://a.example:8443/accounts/login/?next=/home",
        ),
        ("https://u:hemligt@a.example/x#y", "https://a.example/x"),
        ("https://a.example/reset/0a1b2c3d4e5f60718293/", "https://a.example/reset/[cut]/"),
        ("https://a.example/?q=0a1b2c3d/4e5f60718293=", "https://a.example/?[cut]"),
        ("https://a.example/hem%6Cigt/in", "https://a.example/[cut]/in"),
    ] {
        assert_eq!(redactor.url(&url.parse().unwrap()), shown);
    }
}

fn percent(text: &str, plus: bool) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'0'..=b'9' => char::from(b).to_string(),
        b' ' if plus => "+".to_owned(),
        _ => format!("%{b:02x}"),
    };
    text.bytes().map(byte).collect()
}

fn html(text: &str) -> String {
    let c = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#039;".to_owned(),
        'å' => "&aring;".to_owned(),
        c if c.is_ascii_alphanumeric() => c.to_string(),
        c => format!("&#x{:X};", u32::from(c)),
    };
    text.chars().map(c).collect()
}

fn json(text: &str) -> String {
    let unit = |unit: u16| match unit {
        0x22 | 0x5c | 0x2f => format!("\\{}", char::from(unit as u8)),
        0x20..=0x7e => char::from(unit as u8).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    text.encode_utf16().map(unit).collect()
}

fn spellings(secret: &str) -> Vec<String> {
    let basic = format!("probe:{secret}");
    vec![
        secret.to_owned(),
        percent(secret, false),
        percent(secret, true),
        html(secret),
        json(secret),
        percent(&percent(secret, true), false),
        html(&percent(secret, false)),
        json(&html(secret)),
        html(&json(secret)),
        percent(&html(secret), true),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        base64::engine::general_purpose::STANDARD.encode(&basic),
        percent(&base64::engine::general_purpose::STANDARD.encode(&basic), false),
        STANDARD_NO_PAD.encode(format!("\0probe\0{secret}")),
    ]
}

proptest! {
    #[test]
    fn c10_3_no_spelling_of_a_password_survives(
        secret in "[ -~åäöÅ€😀]{6,24}",
        before in "[^\\PC]{0,30}",
        after in "[^\\PC]{0,30}",
    ) {
        prop_assume!(text::fold(&secret) == secret);
        let redactor = Redactor::new("probe", &[&secret]);
        for spelled in spellings(&secret) {
            for cleaned in [
                redactor.clean(&format!("{before}{spelled}{after}")),
                redactor.header("x-echo", &format!("{before}{spelled}")),
            ] {
                prop_assert!(!cleaned.contains(&spelled), "{spelled:?} in {cleaned:?}");
                prop_assert!(!cleaned.contains(&secret), "{secret:?} in {cleaned:?}");
            }
        }
        let page = format!("<title>x</title><p>{} {}</p>", html(&before), html(&secret));
        prop_assert!(!redactor.excerpt(&page).contains(&secret));
    }

    #[test]
    fn any_text_and_any_secret_are_safe(text in any::<String>(), secret in any::<String>()) {
        let redactor = Redactor::new("u", &[&secret]);
        let cleaned = redactor.clean(&text);
        if !secret.is_empty() {
            prop_assert!(!cleaned.contains(&secret));
        }
        redactor.excerpt(&text);
        redactor.header("set-cookie", &text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn c10_3_a_password_at_the_edge_of_what_is_kept_is_cut(
        secret in "[a-z!&%å ]{8,40}", lead in 0usize..60,
    ) {
        prop_assume!(text::fold(&secret) == secret);
        let redactor = Redactor::new("probe", &[&secret]);
        for edge in [EXCERPT_CHARS_MAX, TEXT_BYTES_MAX] {
            for spelled in spellings(&secret) {
                let filler = "- ".repeat(edge / 2);
                let text = format!("{}{spelled}", &filler[..filler.len() - lead]);
                let cleaned = redactor.clean(&text);
                let prefix: String = spelled.chars().take(8).collect();
                prop_assert!(!cleaned.contains(&prefix), "{prefix:?} of {spelled:?}");
                prop_assert!(!redactor.excerpt(&text).contains(&secret));
            }
        }
    }
}

fn clean(text: &str) -> String {
    Redactor::new("probe", &["hemligt!"]).clean(text)
}

#[test]
fn what_people_need_stays() {
    for text in [
        "Invalid login for probe",
        "Inloggningsuppgifterna stämmer inte",
        "FATAL: could not open /usr/share/php/auth/login2/index",
        "Wrong password: try again",
        "InvalidArgumentException in LoginController",
        "https://portal.example/login?next=%2Fhome&lang=sv",
    ] {
        assert_eq!(clean(text), text);
    }
}

#[test]
fn what_looks_like_a_secret_goes() {
    for (text, expected) in [
        ("session 5f4dcc3b5aa765d61d83 gone", "session [cut] gone"),
        ("{\"access_token\": \"abc\", \"x\": 1}", "{\"access_token\": \"[cut]\", \"x\": 1}"),
        ("?code=ab&x=1", "?code=[cut]&x=1"),
        ("Authorization: Basic cHJvYmU6eA==", "Authorization:[cut]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x", "[cut].[cut].x"),
        ("a hemligt! b", "a [cut] b"),
        ("a\u{1b}[31mb\u{202e}c", "a [31mb c"),
    ] {
        assert_eq!(clean(text), expected);
    }
}

#[test]
fn headers_and_addresses_lose_what_they_bear() {
    let redactor = Redactor::new("probe", &["hemligt!"]);
    assert_eq!(redactor.header("Authorization", "Bearer abc"), "Bearer [cut]");
    assert_eq!(redactor.header("Cookie", "a=1; b=2"), "a=[cut]; b=[cut]");
    assert_eq!(
        redactor.header("Set-Cookie", "sid=1; Path=/; HttpOnly"),
        "sid=[cut]; Path=/; HttpOnly"
    );
    let url = "https://probe:hemligt!@a.example/in;jsessionid=12?code=x&lang=sv#id_token=y";
    assert_eq!(
        redactor.url(&url.parse().unwrap()),
        "https://a.example/in;jsessionid=[cut]?code=[cut]&lang=sv"
    );
    assert!(!format!("{redactor:?}").contains("hemligt"));
}

#[test]
fn c10_3_a_headers_name_bears_no_secret() {
    let redactor = Redactor::new("probe", &["Hemligt"]);
    for name in ["content-type", "x-frame-options", "access-control-allow-credentials"] {
        assert_eq!(redactor.header_name(name), name);
    }
    for name in ["hemligt", "x-hemligt-1", "hemligtwww-authenticate", "Hemligt", "x-%68emligt"] {
        assert!(redactor.header_name(name).contains(CUT), "{name}");
    }
    assert_eq!(redactor.header_name("x-5f4dcc3b5aa765d61d83"), CUT);
    assert_eq!(Redactor::new("probe", &["cut"]).header_name("x-cut"), "x- ");
}

#[test]
fn an_excerpt_is_short_and_readable() {
    let page = "<title>Fel</title><script>var t='x'</script><h1>500</h1><p>Database&nbsp;gone</p>
        <input type=hidden name=csrf value=abc><textarea>abc</textarea>";
    assert_eq!(Redactor::default().excerpt(page), "Fel · 500 · Database gone");
    let long = Redactor::default().excerpt(&"word ".repeat(1000));
    assert!(long.chars().count() <= EXCERPT_CHARS_MAX + 1 && long.ends_with('…'));
}
