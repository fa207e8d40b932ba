//! How a page lets its user log out. That there is a way out is the surest sign of being in.
//!
//! A form that is posted goes before a link: where both exist the link often only asks whether
//! one is sure. A way out of every device is taken only if there is no other, since it would end
//! the sessions of people who share the account.

use url::Url;

use super::form::{Field, FieldKind, Form, Method};
use super::page::{Link, Page};
use super::vocabulary;
use super::words::{has_part, is_named, says};

/// Characters of a link or button that can still be a log-out: longer texts are sentences.
const LABEL_CHARS_MAX: usize = 60;
/// Words that make a log-out one of every device.
const EVERYWHERE: &[&str] =
    &["all", "everywhere", "other", "others", "alla", "överallt", "andra", "alle", "allen", "tous"];
/// Parameters that name where to go afterwards, and say nothing about the link itself.
const AFTERWARDS: &[&str] = &[
    "next",
    "to",
    "return",
    "returnto",
    "returnurl",
    "redirect",
    "redirecturi",
    "redirecturl",
    "continue",
    "goto",
    "target",
    "service",
    "url",
    "back",
    "backurl",
    "from",
    "dest",
    "destination",
    "ref",
    "referer",
    "came",
];

/// A way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Logout {
    /// A form.
    Form {
        /// An index of the page's `forms`.
        form: usize,
        /// The button to press, an index of the form's `fields`; none for the default button.
        button: Option<usize>,
    },
    /// A link (an index of the page's `links`). Its `method` may ask for a POST.
    Link(usize),
    /// A link or button that only a script can follow: a proof of being in, and no way out.
    Scripted,
}

/// Finds the way out: a form that is posted, then a link, then any other form.
pub fn find(page: &Page) -> Option<Logout> {
    let mut ways: Vec<(u8, Logout)> = Vec::new();
    for (at, form) in page.forms.iter().enumerate() {
        ways.extend(by_form(at, form));
    }
    for (at, link) in page.links.iter().enumerate() {
        ways.extend(by_link(at, link));
    }
    if page.loose_fields.iter().any(says_logout) {
        ways.push((6, Logout::Scripted));
    }
    ways.into_iter().min_by_key(|(rank, _)| *rank).map(|(_, way)| way)
}

/// A form that logs out, and how good a way it is (0 is best).
fn by_form(at: usize, form: &Form) -> Option<(u8, Logout)> {
    let default = form.default_button();
    let says_so = |field: &Field| field.kind.submits() && says_logout(field);
    let pressed = form.fields.iter().position(says_so);
    let button = pressed.map(|at| &form.fields[at]);
    let is_default =
        default.is_some_and(|default| button.is_some_and(|button| std::ptr::eq(default, button)));
    // What must be typed first is a login, or a deletion. A button beside those that save an
    // account's settings needs nothing typed.
    let mut passwords = form.of_kind(FieldKind::Password).peekable();
    if passwords.peek().is_some()
        && (button.is_none() || is_default || passwords.any(|field| field.required))
    {
        return None;
    }
    let called = [form.id.as_deref(), form.name.as_deref(), form.action.as_deref()];
    let called = called.into_iter().flatten().any(is_address_of_logout);
    let pressed = match pressed {
        Some(_) if is_default => None,
        Some(at) => Some(at),
        None if called => None,
        None => return scripted_button(form),
    };
    let everywhere = button.is_some_and(|button| is_everywhere(&button.label));
    let rank = match form.method {
        _ if form.scripted || form.method == Method::Dialog => return Some((6, Logout::Scripted)),
        _ if everywhere => 5,
        Method::Post => 0,
        _ => 3,
    };
    Some((rank, Logout::Form { form: at, button: pressed }))
}

/// A button that submits nothing by itself.
fn scripted_button(form: &Form) -> Option<(u8, Logout)> {
    let buttons = form.fields.iter().filter(|field| field.kind == FieldKind::Button);
    buttons.into_iter().any(says_logout).then_some((6, Logout::Scripted))
}

/// A link that logs out, and how good a way it is.
fn by_link(at: usize, link: &Link) -> Option<(u8, Logout)> {
    let href = link.href.trim();
    let follows = !href.is_empty()
        && !href.starts_with('#')
        && (!href.contains(':') || href.starts_with('/') || href.starts_with("http") || {
            // A colon may stand in a relative address, after a slash or a question mark.
            let scheme = href.split(':').next().unwrap_or_default();
            scheme.contains(['/', '?'])
        });
    let said = is_label_of_logout(&link.text);
    let addressed = follows && is_address_of_logout(href);
    match (said || addressed, follows) {
        (false, _) => None,
        (true, false) => Some((6, Logout::Scripted)),
        (true, true) if is_everywhere(&link.text) => Some((5, Logout::Link(at))),
        (true, true) if addressed => Some((1, Logout::Link(at))),
        (true, true) => Some((2, Logout::Link(at))),
    }
}

/// Whether a parameter of that name says where to go afterwards.
pub fn names_afterwards(name: &str) -> bool {
    is_named(name, AFTERWARDS)
}

/// The piece of an address that says it is a log-out's: `/logout` of a path, `do=logout` of a
/// query. It holds no token, and stays the same.
pub fn telling_part(address: &str) -> Option<&str> {
    let address = address.split('#').next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let from = path.find("://").map_or(0, |at| at + 3);
    let from = if from > 0 { from + path[from..].find('/')? } else { 0 };
    let mut at = from;
    for segment in path[from..].split(['/', ';']) {
        let end = at + segment.len();
        if has_part(segment, vocabulary::LOGOUT_NAMES) {
            // With its slash: `/logout` is said more clearly than `logout`.
            let begin = if path[..at].ends_with('/') { at - 1 } else { at };
            return Some(&path[begin..end]);
        }
        at = end + 1;
    }
    query.split(['&', ';']).find(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !names_afterwards(name)
            && (has_part(name, vocabulary::LOGOUT_NAMES)
                || has_part(value, vocabulary::LOGOUT_NAMES))
    })
}

/// The words of a log-out in a link's or button's text, as they are written there: without the
/// user's name beside them.
pub fn label(text: &str) -> Option<&str> {
    let begin = text.find(char::is_alphanumeric)?;
    let words = |label: &&&str| {
        let end = begin + label.len();
        let said = text.get(begin..end)?;
        let rest = &text[end..];
        let whole = !rest.starts_with(|c: char| c.is_alphanumeric());
        (whole && said.to_lowercase() == **label).then_some(said)
    };
    vocabulary::LOGOUT_LABELS.iter().find_map(|label| words(&label))
}

/// What says "log out" on a page where only a script can follow it: a link's or a button's words.
pub fn scripted_label(page: &Page) -> Option<&str> {
    let fields = page.forms.iter().flat_map(|form| &form.fields).chain(&page.loose_fields);
    let buttons = fields.filter(|field| says_logout(field));
    let buttons = buttons.flat_map(|field| [field.label.as_str(), field.value.as_str()]);
    let links = page.links.iter().map(|link| link.text.as_str());
    links.chain(buttons).filter(|text| is_label_of_logout(text)).find_map(label)
}

fn says_logout(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Submit | FieldKind::Image | FieldKind::Button)
        && (is_label_of_logout(&field.label) || is_label_of_logout(&field.value))
}

/// Whether a text is a log-out's: it begins with the words, or ends with them.
fn is_label_of_logout(text: &str) -> bool {
    if text.chars().count() > LABEL_CHARS_MAX {
        return false;
    }
    let text = text.to_lowercase();
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    vocabulary::LOGOUT_LABELS.iter().any(|label| {
        text.strip_prefix(label)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
            || text
                .strip_suffix(label)
                .is_some_and(|rest| rest.ends_with(['(', '·', '|', '/', '\u{a0}']))
    })
}

fn is_everywhere(text: &str) -> bool {
    says(&text.to_lowercase(), EVERYWHERE).is_some()
}

/// Whether an address (or a form's name) is a log-out's: by its path, or by a parameter that does
/// not name where to go afterwards.
fn is_address_of_logout(address: &str) -> bool {
    let address = address.split('#').next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => path,
    };
    let segments = path.split(['/', ';']);
    segments.into_iter().any(|segment| has_part(segment, vocabulary::LOGOUT_NAMES))
        || query.split(['&', ';']).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            !names_afterwards(name)
                && (has_part(name, vocabulary::LOGOUT_NAMES)
                    || has_part(value, vocabulary::LOGOUT_NAMES))
        })
}

/// The address that is called as this one is, but to log out: `/user/logout.php` of
/// `/user/login.php?to=x`. Nobody has said that it exists.
pub fn counterpart(login: &Url) -> Option<Url> {
    let segments: Vec<&str> = login.path_segments()?.collect();
    let (at, named) = segments.iter().enumerate().rev().find_map(|(at, segment)| {
        let (stem, ending) = segment.split_at(segment.find('.').unwrap_or(segment.len()));
        let (_, out) = COUNTERPARTS.iter().find(|(own, _)| own.eq_ignore_ascii_case(stem))?;
        Some((at, format!("{out}{ending}")))
    })?;
    let mut segments: Vec<&str> = segments;
    segments[at] = &named;
    let mut url = login.clone();
    url.set_path(&segments.join("/"));
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

/// What a way in is called in addresses, and the way out beside it.
const COUNTERPARTS: [(&str, &str); 8] = [
    ("login", "logout"),
    ("log-in", "log-out"),
    ("log_in", "log_out"),
    ("logon", "logoff"),
    ("signin", "signout"),
    ("sign-in", "sign-out"),
    ("sign_in", "sign_out"),
    ("signon", "signoff"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Option<Logout> {
        find(&Page::parse(html.as_bytes(), None))
    }

    fn link() -> Option<Logout> {
        Some(Logout::Link(0))
    }

    #[test]
    fn links_are_known_by_their_words_or_their_address() {
        for html in [
            "<a href=/x>Log out</a>",
            "<a href=/x> Logga&nbsp;ut </a>",
            "<a href=/x>Abmelden (probe)</a>",
            "<a href=/logout><img src=x></a>",
            "<a href='/user/sign_out'></a>",
            "<a href='?do=logout&amp;sectok=1'>x</a>",
            "<a href='/doku.php?id=start&do=logout'>x</a>",
            "<a href='https://id.example/oidc/logout?x=https://y/'>x</a>",
            "<a href=/x title='Sign out'><i class=icon></i></a>",
            "<a href='/se/logga-ut'>x</a>",
        ] {
            assert_eq!(found(html), link(), "{html}");
        }
    }

    #[test]
    fn the_telling_part_holds_no_token() {
        for (address, part) in [
            ("/logout", "/logout"),
            ("/user/42/sign_out?token=0815#x", "/sign_out"),
            ("https://id.example/oidc/logout?post=1", "/logout"),
            ("logout.php", "logout.php"),
            ("?do=logout&sectok=1", "do=logout"),
            ("/doku.php?id=start&do=logout", "do=logout"),
            ("/index.php?logout", "logout"),
        ] {
            assert_eq!(telling_part(address), Some(part), "{address}");
        }
        for address in ["/login?next=/logout", "https://logout.example/", "", "/blogoutline"] {
            assert_eq!(telling_part(address), None, "{address}");
        }
    }

    #[test]
    fn a_label_is_as_it_is_written_and_without_the_user() {
        assert_eq!(label("Log Out (probe)"), Some("Log Out"));
        assert_eq!(label(" » Logga ut"), Some("Logga ut"));
        assert_eq!(label("Logouts"), None);
        assert_eq!(label("probe: log out"), None);
        let page = |html: &str| Page::parse(html.as_bytes(), None);
        let scripted = page("<a href='#'>Home</a><a href='#'>Sign out</a>");
        assert_eq!(scripted_label(&scripted), Some("Sign out"));
        assert_eq!(scripted_label(&page("<button>Log out</button>")), Some("Log out"));
        assert_eq!(scripted_label(&page("<a href='#'>Home</a>")), None);
    }

    #[test]
    fn what_only_mentions_a_log_out_is_none() {
        for html in [
            "<a href='/login?next=/logout'>Log in</a>",
            "<a href='/help'>How to log out</a>",
            "<a href='/blogoutline'>x</a>",
            "<p>You have been logged out</p>",
            "<a href='/help'>Log out problems and what you can do about them, step by step, today</a>",
            "<form method=post action=/logout><input type=password name=p></form>",
            "<a href='//logout.example/'>x</a>".replace("//logout", "https://logout").as_str(),
        ] {
            assert_eq!(found(html), None, "{html}");
        }
    }

    #[test]
    fn a_way_out_may_be_called_as_the_way_in_is() {
        let out = |path: &str| {
            let url = Url::parse("https://portal.example").unwrap().join(path).unwrap();
            counterpart(&url).map(|url| url[url::Position::BeforePath..].to_owned())
        };
        for (way_in, way_out) in [
            ("/login", "/logout"),
            ("/login?next=%2Ftree#x", "/logout"),
            ("/en/Login.php;x=1", "/en/logout.php;x=1"),
            ("/users/sign_in", "/users/sign_out"),
            ("/login/check/", "/logout/check/"),
        ] {
            assert_eq!(out(way_in).as_deref(), Some(way_out), "{way_in}");
        }
        for way_in in ["/", "/session", "/blogins/login-help", "/index.php?do=login"] {
            assert_eq!(out(way_in), None, "{way_in}");
        }
    }

    #[test]
    fn a_form_that_is_posted_goes_first() {
        let html = "<a href=/logout>Log out</a><form action=/bye><button>Log out</button></form>
            <form method=post action=/out><input type=hidden name=t><button>Logga ut</button></form>";
        assert_eq!(found(html), Some(Logout::Form { form: 1, button: None }));
        let html = "<form id=logout-form method=post action=/x><input type=hidden name=t></form>";
        assert_eq!(found(html), Some(Logout::Form { form: 0, button: None }));
    }

    #[test]
    fn a_button_that_is_not_the_default_is_named() {
        let html = "<form method=post><button name=save>Save</button>
            <button name=op value=out>Log out</button></form>";
        assert_eq!(found(html), Some(Logout::Form { form: 0, button: Some(1) }));
    }

    #[test]
    fn of_buttons_with_one_name_the_one_that_says_so_is_pressed() {
        let html = "<form method=post action=/prefs><input type=password name=p>
            <input type=submit name=do value=Save><input type=submit name=do value=Logout></form>";
        assert_eq!(found(html), Some(Logout::Form { form: 0, button: Some(2) }));
        assert_eq!(found(&html.replace("name=p>", "name=p required>")), None);
        assert_eq!(found(&html.replace("value=Save", "value=Logout")), None);
    }

    #[test]
    fn one_session_is_ended_rather_than_all() {
        let html = "<a href=/logout-all>Log out of all devices</a><a href=/logout>Log out</a>";
        assert_eq!(found(html), Some(Logout::Link(1)));
    }

    #[test]
    fn what_only_a_script_can_follow_is_a_proof() {
        for html in [
            "<a href='#'>Log out</a>",
            "<a href='javascript:out()'>Log out</a>",
            "<button>Log out</button>",
            "<form><button type=button>Sign out</button></form>",
        ] {
            assert_eq!(found(html), Some(Logout::Scripted), "{html}");
        }
    }
}
