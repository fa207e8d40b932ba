//! The ways in which the service can be made to fail.

/// One fault at a time; switched at run time with [`LoginService::inject`].
///
/// A fault acts on connections and requests that come after it. Those that an earlier fault holds
/// end when it is switched; [`Fault::Refuse`] ends all the others too.
///
/// [`LoginService::inject`]: crate::LoginService::inject
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fault {
    /// No fault.
    #[default]
    None,

    /// Nothing listens: connections are refused. The port stays reserved.
    Refuse,
    /// Connections are accepted, and nothing is ever read or said.
    Silent,
    /// Connections are reset as soon as they are accepted.
    Reset,
    /// A TLS record begins to be answered and never ends.
    HangInHandshake,
    /// Plain text is answered where TLS should be.
    NotTls,
    /// After a good handshake, bytes that are not HTTP.
    NotHttp,

    /// Requests are read and not answered.
    HangBeforeFirstByte,
    /// The head and a part of the page are sent; the rest never comes.
    HangMidBody,
    /// The head and a part of the page are sent; then the connection breaks.
    CutBody,
    /// The page comes one byte every 100 ms.
    DripBody,
    /// A page without end.
    EndlessBody,
    /// A small gzip stream that unpacks to more than 100 GiB.
    GzipBomb,
    /// Each page redirects to itself.
    RedirectLoop,
    /// Each page redirects to plain http.
    RedirectToHttp,
    /// Each page is an error page with this status, for example 503.
    Status(u16),
    /// A page with status 200 and without a form.
    NoForm,
    /// The login form posts to plain http.
    FormToHttp,
    /// The login form's password field has no name: a script would send it.
    ScriptedForm,
    /// The login form is another one than before.
    FormChanged(FormChange),
    /// 429 with a Retry-After of ten minutes.
    RateLimited,
    /// 403 with a page that wants to see a human.
    Captcha,

    /// Pages answer as ever; only what checks the password is broken.
    BackEnd(BackEnd),
    /// The same for what checks the one-time code: the password is still taken.
    CodeBackEnd(BackEnd),
}

/// How a login form differs from the one that was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormChange {
    /// Its fields have other names.
    Renamed,
    /// It is sent elsewhere.
    Moved,
    /// It has a hidden field more.
    Grown,
    /// The same, and whoever sends it gets the form again and no word why.
    Demanding,
}

/// How a login fails while its page still answers: the reason why a GET proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackEnd {
    /// 500 to the login.
    Error500,
    /// 200 with the form again and no word why.
    FormAgain,
    /// 200 with a page that says "database unavailable".
    ErrorPage,
    /// The login is never answered.
    Hang,
    /// A redirect as if all were well, and no session.
    NoSession,
    /// 307 to plain http: a client that follows it sends the password in clear text.
    RedirectToHttp,
}
