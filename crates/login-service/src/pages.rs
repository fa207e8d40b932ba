//! The pages as HTML.

use crate::session::Session;
use crate::{Fault, FormChange, Logout};

/// Sent back by the form as it stands here once its entities are decoded.
pub(crate) const ORIGIN_PAGE: &str = "/login?from=start&lang=sv";

/// The login page: a search form first, then the form that signs in.
pub(crate) fn login(session: &Session, fault: Fault, host: &str) -> String {
    let action = match fault {
        Fault::FormToHttp => format!("http://{}/login", escape(host)),
        Fault::FormChanged(FormChange::Moved) => "/signin".to_owned(),
        _ => "/login".to_owned(),
    };
    let (user_name, password_name) = match fault {
        Fault::ScriptedForm => ("username", ""),
        Fault::FormChanged(FormChange::Renamed) => ("email", r#" name="secret""#),
        _ => ("username", r#" name="password""#),
    };
    let more = match fault {
        Fault::FormChanged(FormChange::Grown | FormChange::Demanding) => {
            "<input type=\"hidden\" name=\"device\" value=\"\">\n"
        }
        _ => "",
    };
    let notice = session.notice.map(|text| format!("<p class=\"error\">{text}</p>\n"));
    page(
        "Sign in",
        &format!(
            r#"<form action="/search" method="get" role="search">
<input type="search" name="q" placeholder="Search"><button type="submit">Search</button>
</form>
{notice}<form action="{action}" method="post" id="sign-in">
<input type="hidden" name="csrf_token" value="{token}">
<input type="hidden" name="origin_page" value="{origin_page}">
{more}<label>User name <input type="text" name="{user_name}" autocomplete="username" required></label>
<label>Password <input type="password"{password_name} autocomplete="current-password"></label>
<label>Language <select name="language"><option value="en">English</option>
<option value="sv" selected>Svenska</option></select></label>
<label><input type="checkbox" name="remember" value="1"> Remember me</label>
<button type="button" name="show" value="yes">Show password</button>
<button type="submit" name="sign_in" value="yes">Sign in</button>
</form>
"#,
            notice = notice.unwrap_or_default(),
            token = session.csrf_token,
            origin_page = escape(ORIGIN_PAGE),
        ),
    )
}

/// The page that asks for a one-time code: its first button has no name, and a second one leads
/// back.
pub(crate) fn code(session: &Session) -> String {
    let notice = session.notice.map(|text| format!("<p class=\"error\">{text}</p>\n"));
    page(
        "Two-factor authentication",
        &format!(
            r#"{notice}<form action="" method="post">
<input type="hidden" name="csrf_token" value="{token}">
<input type="hidden" name="step" value="code">
<label>Code from your app <input type="text" name="otp" inputmode="numeric"
autocomplete="one-time-code"></label>
<button type="submit" hidden></button>
<button type="submit" name="back" value="yes">Back</button>
<button type="submit">Next</button>
</form>
"#,
            notice = notice.unwrap_or_default(),
            token = session.csrf_token,
        ),
    )
}

/// The page that only a user who is signed in sees.
pub(crate) fn home(user: &str, session: &Session, logout: Logout) -> String {
    let way_out = match logout {
        Logout::Form => format!(
            r#"<form action="/logout" method="post">
<input type="hidden" name="csrf_token" value="{}">
<button type="submit">Log out</button>
</form>
"#,
            session.csrf_token
        ),
        Logout::Link => "<a href=\"/logout\">Log out</a>\n".to_owned(),
    };
    page("Home", &format!("<p>Welcome, {}.</p>\n{way_out}", escape(user)))
}

/// A page with a sentence on it.
pub(crate) fn message(title: &str, sentence: &str) -> String {
    page(title, &format!("<p>{}</p>\n", escape(sentence)))
}

/// The page of a bot wall.
pub(crate) fn captcha() -> String {
    page(
        "Just a moment",
        "<p>Please show that you are human.</p>\n\
         <div class=\"captcha\" data-sitekey=\"test\"></div>\n\
         <script src=\"/captcha.js\"></script>\n",
    )
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <title>{title} · Login service</title></head>\n<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
