//! What a browser sends when a form is submitted.
//!
//! The steps are those of the HTML standard ("constructing the entry list", "form submission"):
//! which fields count, in which order, with which button, in which characters, to which address.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::Encoding;
use url::{Url, form_urlencoded};

use super::form::{Enctype, Field, FieldKind, Form, Method};
use super::page::Page;

/// Which button is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Press<'a> {
    /// The form's default button, as the Enter key does.
    #[default]
    Default,
    /// The button of this name.
    Named(&'a str),
    /// This button, one of the form's fields.
    Button(&'a Field),
    /// None: what a script's `form.submit()` does.
    Nothing,
}

/// A request that submits a form. It bears secrets: `Debug` leaves out the query and the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    /// Whether it is a POST; otherwise a GET without a body.
    pub post: bool,
    /// Where to, without a fragment; the fields of a GET are in its query.
    pub url: Url,
    /// `Content-Type` of a POST.
    pub content_type: Option<String>,
    /// The body of a POST.
    pub body: Vec<u8>,
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("post", &self.post)
            .field("host", &self.url.host_str())
            .field("path", &self.url.path())
            .finish_non_exhaustive()
    }
}

/// Why a form cannot be submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsubmittable {
    /// A field or button that was named is not in the form, or is disabled.
    NoSuchField,
    /// The action is no address, or not one of http or https.
    BadAction,
    /// `method=dialog`
    Dialog,
}

impl fmt::Display for Unsubmittable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unsubmittable::NoSuchField => "the form has no field of the given name",
            Unsubmittable::BadAction => "the form's action is no address that can be posted to",
            Unsubmittable::Dialog => "the form is a dialog and sends nothing",
        })
    }
}

impl std::error::Error for Unsubmittable {}

/// Fills in a form and submits it. `fill` are names and values of fields; each must be in the
/// form: a checkbox is checked, a radio button or option of that value is chosen. `page_url` is
/// the address that the page was finally read from.
///
/// The caller must look at the scheme of the result before it sends it (C1.5).
pub fn submit(
    page: &Page,
    page_url: &Url,
    form: &Form,
    fill: &[(&str, &str)],
    press: Press<'_>,
) -> Result<Submission, Unsubmittable> {
    let button = match press {
        Press::Default => form.default_button(),
        Press::Named(name) => Some(button_named(form, name).ok_or(Unsubmittable::NoSuchField)?),
        Press::Button(button) => Some(button),
        Press::Nothing => None,
    };
    let filled = fill
        .iter()
        .map(|(name, value)| place(form, name, value).map(|at| (at, *value)))
        .collect::<Option<Vec<_>>>()
        .ok_or(Unsubmittable::NoSuchField)?;
    let encoding = encoding_of(form, page);
    let entries = entries(form, &filled, button, encoding);

    let method = button.and_then(|button| button.formmethod).unwrap_or(form.method);
    let enctype = button.and_then(|button| button.formenctype).unwrap_or(form.enctype);
    let action = button.and_then(|button| button.formaction.as_deref()).or(form.action.as_deref());
    let mut url = action_url(page, page_url, action).ok_or(Unsubmittable::BadAction)?;
    url.set_fragment(None);
    match method {
        Method::Dialog => Err(Unsubmittable::Dialog),
        Method::Get => {
            url.set_query(Some(&url_encoded(&entries, encoding)));
            Ok(Submission { post: false, url, content_type: None, body: Vec::new() })
        }
        Method::Post => {
            let (content_type, body) = match enctype {
                Enctype::UrlEncoded => (
                    "application/x-www-form-urlencoded".to_owned(),
                    url_encoded(&entries, encoding).into_bytes(),
                ),
                Enctype::Multipart => multipart(&entries, encoding),
                Enctype::TextPlain => ("text/plain".to_owned(), plain(&entries, encoding)),
            };
            Ok(Submission { post: true, url, content_type: Some(content_type), body })
        }
    }
}

/// An address as written on the page, made absolute by its base and its own address. None when
/// it is not one of http or https.
pub fn resolve(page: &Page, page_url: &Url, href: &str) -> Option<Url> {
    let base = page.base.as_deref().and_then(|base| page_url.join(base.trim()).ok());
    let to_bytes = encoder(page.encoding);
    let url = Url::options()
        .base_url(Some(base.as_ref().unwrap_or(page_url)))
        .encoding_override(Some(&to_bytes))
        .parse(href.trim())
        .ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Where a form is sent by its default button, without a fragment; none when that is no address
/// of http or https.
pub fn target(page: &Page, page_url: &Url, form: &Form) -> Option<Url> {
    let button = form.default_button().and_then(|button| button.formaction.as_deref());
    let mut url = action_url(page, page_url, button.or(form.action.as_deref()))?;
    url.set_fragment(None);
    Some(url)
}

/// Where a form is sent: without an action to the page itself, whatever its base.
fn action_url(page: &Page, page_url: &Url, action: Option<&str>) -> Option<Url> {
    match action.map(str::trim).filter(|action| !action.is_empty()) {
        Some(action) => resolve(page, page_url, action),
        None => Some(page_url.clone()),
    }
}

fn button_named<'a>(form: &'a Form, name: &str) -> Option<&'a Field> {
    let mut buttons = form.fields.iter().filter(|field| field.kind.submits() && !field.disabled);
    buttons.find(|button| button.name.as_deref() == Some(name))
}

/// The field to fill in: of several with the name, one that a person types into goes first.
fn place(form: &Form, name: &str, value: &str) -> Option<usize> {
    let fits = |field: &Field| {
        field.name.as_deref() == Some(name) && !field.disabled && !field.kind.submits()
    };
    let place = |wanted: &dyn Fn(&Field) -> bool| {
        form.fields.iter().position(|field| fits(field) && wanted(field))
    };
    place(&|field| field.kind.is_typed())
        .or_else(|| place(&|field| field.kind == FieldKind::Radio && field.value == value))
        .or_else(|| place(&|field| field.kind != FieldKind::Radio))
}

/// The characters that a form is sent in.
fn encoding_of(form: &Form, page: &Page) -> &'static Encoding {
    let labels = form.accept_charset.as_deref().unwrap_or_default();
    let named = labels
        .split(|c: char| c == ',' || c.is_ascii_whitespace())
        .find_map(|label| Encoding::for_label(label.as_bytes()));
    named.unwrap_or(page.encoding).output_encoding()
}

/// What is no character of the encoding becomes a numeric reference.
fn encoder(encoding: &'static Encoding) -> impl for<'a> Fn(&'a str) -> Cow<'a, [u8]> {
    move |text| encoding.encode(text).0
}

/// A name and value that is sent.
struct Entry<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    file: bool,
}

/// What is sent, in the order of the page.
fn entries<'a>(
    form: &'a Form,
    filled: &[(usize, &'a str)],
    button: Option<&Field>,
    encoding: &'static Encoding,
) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    for (at, field) in form.fields.iter().enumerate() {
        let pressed = button.is_some_and(|button| std::ptr::eq(button, field));
        let value = filled.iter().rfind(|(place, _)| *place == at).map(|(_, value)| *value);
        if field.disabled && !pressed || field.kind == FieldKind::Button {
            continue;
        }
        if field.kind == FieldKind::Image {
            if pressed {
                let prefix = field.name.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
                for axis in ["x", "y"] {
                    entries.push(entry(format!("{prefix}{axis}").into(), "0".into()));
                }
            }
            continue;
        }
        let Some(name) = field.name.as_deref() else { continue };
        let mut push = |value: Cow<'a, str>| entries.push(entry(lines(name), value));
        match field.kind {
            FieldKind::Submit if !pressed => {}
            FieldKind::Checkbox if field.checked || value.is_some() => push(lines(&field.value)),
            FieldKind::Radio if is_chosen(form, at, filled) => push(lines(&field.value)),
            FieldKind::Checkbox | FieldKind::Radio => {}
            FieldKind::Select => match value {
                Some(value) => push(lines(value)),
                None => field.chosen.iter().for_each(|value| push(lines(value))),
            },
            FieldKind::File => {
                entries.push(Entry { name: lines(name), value: Cow::Borrowed(""), file: true })
            }
            FieldKind::Hidden if name == "_charset_" => push(encoding.name().into()),
            kind if kind.is_typed() && kind != FieldKind::Textarea => {
                push(one_line(value.unwrap_or(&field.value)));
            }
            _ => push(lines(value.unwrap_or(&field.value))),
        }
    }
    entries
}

fn entry<'a>(name: Cow<'a, str>, value: Cow<'a, str>) -> Entry<'a> {
    Entry { name, value, file: false }
}

/// Whether a radio button is the chosen one of its group: the filled one, or the last checked.
fn is_chosen(form: &Form, at: usize, filled: &[(usize, &str)]) -> bool {
    let name = &form.fields[at].name;
    let of_group =
        |(_, field): &(usize, &Field)| field.kind == FieldKind::Radio && field.name == *name;
    let group = || form.fields.iter().enumerate().filter(of_group);
    let by_fill = group().find(|(place, _)| filled.iter().any(|(filled, _)| filled == place));
    let chosen = by_fill.or_else(|| group().rfind(|(_, field)| field.checked));
    chosen.is_some_and(|(place, _)| place == at)
}

/// Line ends as they are sent: CR LF.
fn lines(text: &str) -> Cow<'_, str> {
    if !text.contains(['\r', '\n']) {
        return Cow::Borrowed(text);
    }
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n").into()
}

/// A line of text holds no line ends.
fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(['\r', '\n']) { text.replace(['\r', '\n'], "").into() } else { text.into() }
}

fn url_encoded(entries: &[Entry<'_>], encoding: &'static Encoding) -> String {
    let to_bytes = encoder(encoding);
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    serializer.encoding_override(Some(&to_bytes));
    for entry in entries {
        serializer.append_pair(&entry.name, &entry.value);
    }
    serializer.finish()
}

/// `multipart/form-data` (RFC 7578), with a boundary that no value holds.
fn multipart(entries: &[Entry<'_>], encoding: &'static Encoding) -> (String, Vec<u8>) {
    let parts: Vec<(Vec<u8>, bool, Vec<u8>)> = entries
        .iter()
        .map(|entry| {
            let name = entry.name.replace("\r\n", "%0D%0A").replace('"', "%22");
            let encoded = |text: &str| encoding.encode(text).0.into_owned();
            (encoded(&name), entry.file, encoded(&entry.value))
        })
        .collect();
    let holds = |boundary: &str| {
        let boundary = memchr::memmem::Finder::new(boundary.as_bytes());
        parts
            .iter()
            .any(|(name, _, value)| boundary.find(name).is_some() || boundary.find(value).is_some())
    };
    let mut boundary = "----UpptidFormBoundary".to_owned();
    while holds(&boundary) {
        boundary.push('0');
    }
    let mut body = Vec::new();
    for (name, file, value) in &parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(b"Content-Disposition: form-data; name=\"");
        body.extend_from_slice(name);
        body.extend_from_slice(match file {
            true => {
                b"\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n".as_slice()
            }
            false => b"\"\r\n\r\n",
        });
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

fn plain(entries: &[Entry<'_>], encoding: &'static Encoding) -> Vec<u8> {
    let lines = entries.iter().map(|entry| format!("{}={}\r\n", entry.name, entry.value));
    encoding.encode(&lines.collect::<String>()).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "https://a.example/app/login?next=%2F#top";

    fn sent(html: &str, fill: &[(&str, &str)], press: Press<'_>) -> Submission {
        let page = Page::parse(html.as_bytes(), None);
        submit(&page, &AT.parse().unwrap(), &page.forms[0], fill, press).unwrap()
    }

    fn body(html: &str, fill: &[(&str, &str)]) -> String {
        String::from_utf8(sent(html, fill, Press::Default).body).unwrap()
    }

    fn target(action: &str) -> String {
        let html = format!("<base href='/b/'><form method=post {action}><input name=u></form>");
        sent(&html, &[], Press::Default).url.into()
    }

    #[test]
    fn fields_are_sent_in_the_order_of_the_page() {
        let html = "<input form=f name=early value=0><form id=f method=post>
            <input type=hidden name=csrf value='a&amp;b'><input name=user><input type=password name=pw>
            <input type=checkbox name=remember checked><input type=checkbox name=no value=1>
            <input type=radio name=r value=1 checked><input type=radio name=r value=2 checked>
            <select name=lang><option value=en>English<option selected>Svenska</select>
            <select name=zone><option disabled>-<option>a<option>b</select>
            <select name=many multiple><option selected>1<option>2<option selected value=3></select>
            <textarea name=t>\nx\ny</textarea><input name=off value=1 disabled><input value=nameless>
            <fieldset disabled><input name=off2 value=1></fieldset>
            <button type=button name=help>?</button><button name=go value=in>Sign in</button>
            <input type=submit name=back value=Back></form><input form=f name=late value=9>";
        assert_eq!(
            body(html, &[("user", "me@x"), ("pw", "p w+å")]),
            "early=0&csrf=a%26b&user=me%40x&pw=p+w%2B%C3%A5&remember=on&r=2&lang=Svenska&zone=a\
             &many=1&many=3&t=x%0D%0Ay&go=in&late=9"
        );
    }

    #[test]
    fn an_unnamed_default_button_adds_nothing_and_stops_the_others() {
        let html = "<form method=post><input name=code><button>Next</button>
            <button name=wizard_goto_step value=auth>Back</button></form>";
        assert_eq!(body(html, &[("code", "1")]), "code=1");
        let back = sent(html, &[], Press::Named("wizard_goto_step"));
        assert_eq!(back.body, b"code=&wizard_goto_step=auth");
    }

    #[test]
    fn a_pressed_picture_sends_where_it_was_pressed() {
        let html = "<form method=post><input type=image name=go><input type=submit name=b></form>";
        assert_eq!(body(html, &[]), "go.x=0&go.y=0");
        assert_eq!(sent(html, &[], Press::Nothing).body, b"");
    }

    #[test]
    fn a_button_that_a_script_will_enable_is_the_default() {
        let html = "<form method=post><button disabled name=go value=1>Log in</button></form>";
        assert_eq!(body(html, &[]), "go=1");
    }

    #[test]
    fn fill_checks_and_chooses() {
        let html = "<form method=post><input type=checkbox name=stay value=yes>
            <input type=radio name=r value=1 checked><input type=radio name=r value=2>
            <select name=realm><option>a<option>b</select></form>";
        let fill = [("stay", "on"), ("r", "2"), ("realm", "b")];
        assert_eq!(body(html, &fill), "stay=yes&r=2&realm=b");
    }

    #[test]
    fn what_cannot_be_filled_in_is_refused() {
        let page = Page::parse(b"<form method=post><input name=a disabled></form>", None);
        let at = AT.parse().unwrap();
        for name in ["a", "b"] {
            let refused = submit(&page, &at, &page.forms[0], &[(name, "1")], Press::Default);
            assert_eq!(refused, Err(Unsubmittable::NoSuchField));
        }
        for (form, why) in [
            ("action='mailto:x@y'", Unsubmittable::BadAction),
            ("action='https://['", Unsubmittable::BadAction),
            ("method=dialog", Unsubmittable::Dialog),
        ] {
            let page = Page::parse(format!("<form {form}></form>").as_bytes(), None);
            let refused = submit(&page, &at, &page.forms[0], &[], Press::Default);
            assert_eq!(refused, Err(why), "{form}");
        }
    }

    #[test]
    fn actions_are_resolved_as_browsers_do() {
        assert_eq!(target(""), "https://a.example/app/login?next=%2F");
        assert_eq!(target("action=''"), "https://a.example/app/login?next=%2F");
        assert_eq!(target("action='#'"), "https://a.example/b/");
        assert_eq!(target("action=' in?a=1&amp;b=2#x '"), "https://a.example/b/in?a=1&b=2");
        assert_eq!(target("action='//id.example/x'"), "https://id.example/x");
        assert_eq!(target("action='../c'"), "https://a.example/c");
        assert_eq!(target("><button formaction=/f></button"), "https://a.example/f");
    }

    #[test]
    fn a_get_replaces_the_query() {
        let html = "<form action='/find?old=1'><input name=q value='x y'></form>";
        let sent = sent(html, &[], Press::Default);
        assert!(!sent.post && sent.body.is_empty());
        assert_eq!(sent.url.as_str(), "https://a.example/find?q=x+y");
    }

    #[test]
    fn the_pages_characters_are_the_forms() {
        let latin = "<meta charset=iso-8859-1><form method=post><input name=u></form>";
        assert_eq!(body(latin, &[("u", "å€ł")]), "u=%E5%80%26%23322%3B");
        let form = "<meta charset=iso-8859-1><form accept-charset='x-no utf-8' method=post>
            <input type=hidden name=_charset_><input name=u></form>";
        assert_eq!(body(form, &[("u", "å")]), "_charset_=UTF-8&u=%C3%A5");
    }

    #[test]
    fn multipart_bodies_hold_every_value() {
        let html = "<form method=post enctype=multipart/form-data><input name='a\"b'>
            <input type=file name=f></form>";
        let sent = sent(html, &[("a\"b", "--x ----UpptidFormBoundary")], Press::Default);
        assert_eq!(
            sent.content_type.as_deref(),
            Some("multipart/form-data; boundary=----UpptidFormBoundary0")
        );
        assert_eq!(
            String::from_utf8(sent.body).unwrap(),
            "------UpptidFormBoundary0\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\n\
             --x ----UpptidFormBoundary\r\n------UpptidFormBoundary0\r\nContent-Disposition: \
             form-data; name=\"f\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\
             \r\n------UpptidFormBoundary0--\r\n"
        );
    }

    #[test]
    fn plain_bodies_are_lines() {
        let html = "<form method=post enctype=text/plain><input name=a><input name=b></form>";
        assert_eq!(body(html, &[("a", "1"), ("b", "x y")]), "a=1\r\nb=x y\r\n");
    }

    #[test]
    fn debug_shows_no_secret() {
        let html = "<form><input name=u><input type=hidden name=t value=tokenvalue></form>";
        let sent = sent(html, &[("u", "secretvalue")], Press::Default);
        let page = Page::parse(html.as_bytes(), None);
        let shown = format!("{sent:?} {page:?} {:?}", page.forms);
        assert!(!shown.contains("secretvalue") && !shown.contains("tokenvalue"), "{shown}");
    }
}
