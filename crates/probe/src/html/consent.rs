//! A page that asks whether an application may have what it asks for.

use super::vocabulary::CONSENT_LABELS;
use super::words::says;
use super::{Field, Form, Method, Page};

/// The form that agrees: the first one that is posted and has no password, with the button that
/// says so, where one does.
pub fn find(page: &Page) -> Option<(&Form, Option<&Field>)> {
    let asks_no_password = |form: &&Form| {
        form.method == Method::Post
            && !form.fields.iter().any(|field| field.kind == super::FieldKind::Password)
    };
    let form = page.forms.iter().find(asks_no_password)?;
    let agrees = |field: &&Field| {
        let label = if field.label.is_empty() { &field.value } else { &field.label };
        field.kind.submits()
            && !field.disabled
            && says(&label.to_lowercase(), CONSENT_LABELS).is_some()
    };
    Some((form, form.fields.iter().find(agrees)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_that_agrees_is_pressed_and_not_the_first() {
        let html = br#"<form method=post><button name=a value=no>Cancel</button>
            <button name=a value=yes>Allow access</button></form>"#;
        let page = Page::parse(html, Some("text/html"));
        let (_, button) = find(&page).unwrap();
        assert_eq!(button.unwrap().value, "yes");
        let html = b"<form method=post><input name=p type=password></form>";
        assert!(find(&Page::parse(html, Some("text/html"))).is_none());
    }
}
