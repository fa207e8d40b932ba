//! The requests of one attempt, as one browser would send them: cookies, redirects, open
//! connections, and every step noted.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use contract::{DownCause, Evidence, Instant, Outcome, Phase, UnableCause};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    COOKIE, HOST, LOCATION, ORIGIN, REFERER, SET_COOKIE, USER_AGENT,
};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use url::{Position, Url};

use crate::answer::Answer;
use crate::attempt::{Attempt, Phases, Step};
use crate::clock::Clock;
use crate::cookies::Jar;
use crate::credential::Credential;
use crate::dial::Dialer;
use crate::failure::Failure;
use crate::http::{Connection, Received};
use crate::one_time_code::Codes;
use crate::redact::Redactor;
use crate::settings::Login;
use crate::trace::Trace;
use crate::unpack::{ACCEPTED, unpack};

/// Redirects that one request may lead to.
pub const REDIRECTS_MAX: usize = 20;
/// Requests of one attempt.
pub const REQUESTS_MAX: u32 = 64;
/// Connections that an attempt keeps open; the oldest is closed for another one.
pub const CONNECTIONS_MAX: usize = 6;

const ACCEPT_PAGE: HeaderValue =
    HeaderValue::from_static("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

/// The state of one attempt.
pub struct Session<'a> {
    /// The login's settings.
    pub login: &'a Login,
    /// What the attempt notes.
    pub trace: Trace<'a>,
    /// The attempt's start, for cookies.
    pub now: Instant,
    /// The user that signs in.
    pub user: &'a str,
    /// The cookies.
    pub jar: Jar,
    /// The account's one-time codes, if it has any.
    pub codes: Option<&'a Codes>,
    /// The latest answer, unless the latest request had none.
    pub last: Option<Arc<Answer>>,
    open: Vec<Open>,
    /// Where no request is sent to, and the address there that was led to.
    stop_at: Option<Url>,
    stopped_at: Option<Url>,
}

struct Open {
    host: String,
    port: u16,
    address: Option<SocketAddr>,
    connection: Connection,
}

/// A request to send. It may bear secrets, so it cannot be printed.
#[derive(Clone)]
pub struct Ask {
    /// The step's name.
    pub name: &'static str,
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// `Accept`
    pub accept: HeaderValue,
    /// The content type and the body.
    pub body: Option<(HeaderValue, Bytes)>,
    /// The page that it comes from.
    pub referer: Option<Url>,
    /// What goes to the first address's origin only.
    pub credential: Option<Credential>,
    /// Further headers, in place of those of the same name; to the first address's origin only.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Ask {
    /// Asks for a page.
    pub fn page(name: &'static str, url: Url) -> Self {
        Ask {
            name,
            method: Method::GET,
            url,
            accept: ACCEPT_PAGE,
            body: None,
            referer: None,
            credential: None,
            headers: Vec::new(),
        }
    }
}

impl<'a> Session<'a> {
    /// An attempt that has not asked for anything yet.
    pub fn new(
        login: &'a Login,
        user: &'a str,
        dialer: &'a Dialer,
        redactor: &'a Redactor,
        codes: Option<&'a Codes>,
    ) -> Self {
        Session {
            login,
            trace: Trace::new(Clock::start(*login.limits), dialer, redactor),
            now: Clock::wall(),
            user,
            jar: Jar::default(),
            codes,
            last: None,
            open: Vec::new(),
            stop_at: None,
            stopped_at: None,
        }
    }

    /// Cuts a further secret out of all that is shown from here on.
    pub fn hide(&mut self, secret: &str) {
        self.trace.redactor.to_mut().cut_out(self.user, &[secret]);
    }

    /// Sends a request and follows redirects as a browser does.
    pub async fn follow(&mut self, ask: Ask) -> Result<Arc<Answer>, Failure> {
        self.follow_within(ask, |_| true).await
    }

    /// The same, but takes the request's body along only to where it may go.
    pub async fn follow_within(
        &mut self,
        mut ask: Ask,
        may_send_to: impl Fn(&Url) -> bool,
    ) -> Result<Arc<Answer>, Failure> {
        let first = ask.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let answer = self.send(&ask).await?;
            let Some(target) = self.redirect(&answer)? else { return Ok(answer) };
            if self.stops_at(&target) {
                return Ok(answer);
            }
            let keeps_body = matches!(answer.status.as_u16(), 307 | 308);
            if !keeps_body && ask.method != Method::HEAD {
                ask.method = Method::GET;
                ask.body = None;
            }
            if ask.body.is_some() && !may_send_to(&target) {
                let detail = "a redirect would take the request's body to another host";
                return Err(Failure::unable(UnableCause::NeedsRecipe, detail));
            }
            if !is_same_origin(&target, &first) {
                ask.credential = None;
                ask.headers.clear();
            }
            ask.url = target;
            ask.name = "redirect";
        }
        Err(Failure::down(DownCause::TooManyRedirects, format!("over {REDIRECTS_MAX}")))
    }

    /// Sends a request and reads its answer.
    pub async fn send(&mut self, ask: &Ask) -> Result<Arc<Answer>, Failure> {
        self.last = None;
        // C1.5
        if ask.url.scheme() != "https" {
            let url = self.trace.redactor.url(&ask.url);
            return Err(Failure::down(DownCause::PlainHttp, url));
        }
        let mut step = Trace::step(ask.name, self.trace.redactor.url(&ask.url));
        let result = self.exchange(ask, &mut step).await;
        step.status = result.as_ref().ok().map(|received| received.status.as_u16());
        let address = step.address;
        self.trace.steps.push(step);
        let received = result?;
        for set_cookie in received.headers.get_all(SET_COOKIE) {
            self.jar.store(&ask.url, set_cookie.as_bytes(), self.now);
        }
        self.trace.bytes_received += received.body.len() as u64;
        let encoding = received.headers.get(CONTENT_ENCODING);
        let encoding = encoding.map(|value| value.to_str().unwrap_or("?"));
        let body =
            unpack(received.body, encoding).map_err(|failure| failure.in_phase(Phase::Transfer))?;
        let url = ask.url.clone();
        let answer = Arc::new(Answer::new(url, address, received.status, received.headers, body));
        if let Some(exchanges) = &mut self.trace.exchanges {
            exchanges.answered(&answer);
        }
        self.last = Some(Arc::clone(&answer));
        Ok(answer)
    }

    /// Follows no redirect to this address, whatever its query: it is somebody else's to open.
    pub fn stop_at(&mut self, url: Url) {
        self.stop_at = Some(url);
    }

    /// The address that redirects led to and that was not opened.
    pub fn stopped_at(&self) -> Option<&Url> {
        self.stopped_at.as_ref()
    }

    fn stops_at(&mut self, target: &Url) -> bool {
        let is_there = |stop: &Url| {
            (stop.scheme(), stop.host_str(), stop.port(), stop.path())
                == (target.scheme(), target.host_str(), target.port(), target.path())
        };
        let stops = self.stop_at.as_ref().is_some_and(is_there);
        if stops {
            self.stopped_at = Some(target.clone());
        }
        stops
    }

    /// Whether a cookie of this name would go to that address, and its value.
    pub fn cookie(&self, url: &Url, name: &str) -> Option<&str> {
        self.jar.value(url, name, self.now)
    }

    async fn exchange(&mut self, ask: &Ask, step: &mut Step) -> Result<Received, Failure> {
        let (Some(host), Some(port)) = (ask.url.host(), ask.url.port_or_known_default()) else {
            return Err(bad_address());
        };
        let name = ask.url.host_str().unwrap_or_default();
        let known = self.open.iter().position(|open| open.port == port && open.host == name);
        if let Some(mut open) = known.map(|place| self.open.remove(place)) {
            step.address = open.address;
            match self.exchange_over(&mut open, ask, step).await {
                // The service closed an idle connection just as it was used again: a browser
                // then takes a fresh one.
                Err(failure) if ended_before_answer(&failure) => step.phases = Phases::default(),
                result => {
                    self.keep(open);
                    return result;
                }
            }
        }
        let stream = self.trace.dial(&host, port, step).await?;
        let connection = Connection::open(stream).await?;
        let mut open = Open { host: name.to_owned(), port, address: step.address, connection };
        let result = self.exchange_over(&mut open, ask, step).await;
        self.keep(open);
        result
    }

    async fn exchange_over(
        &mut self,
        open: &mut Open,
        ask: &Ask,
        step: &mut Step,
    ) -> Result<Received, Failure> {
        if self.trace.requests >= REQUESTS_MAX {
            let detail = format!("over {REQUESTS_MAX} requests in one attempt");
            return Err(Failure::down(DownCause::TooManyRedirects, detail));
        }
        self.trace.requests += 1;
        let request = self.request(ask, open.connection.is_http2())?;
        if let Some(exchanges) = &mut self.trace.exchanges {
            let body = ask.body.as_ref().map(|(_, body)| &body[..]).unwrap_or_default();
            exchanges.asked(ask.name, &ask.method, &ask.url, request.headers(), body);
        }
        open.connection.exchange(request, &self.trace.clock, &mut step.phases).await
    }

    fn keep(&mut self, open: Open) {
        if open.connection.is_closed() {
            return;
        }
        if self.open.len() >= CONNECTIONS_MAX {
            self.open.remove(0);
        }
        self.open.push(open);
    }

    fn request(&self, ask: &Ask, is_http2: bool) -> Result<Request<Full<Bytes>>, Failure> {
        let url = &ask.url;
        let target = match is_http2 {
            true => &url[..Position::AfterQuery],
            false => &url[Position::BeforePath..Position::AfterQuery],
        };
        let body = ask.body.as_ref().map(|(_, body)| body.clone()).unwrap_or_default();
        let is_empty = body.is_empty();
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(target)
            .body(Full::new(body))
            .map_err(|_| bad_address())?;
        let headers = request.headers_mut();
        headers.reserve(12);
        if !is_http2 {
            let host = &url[Position::BeforeHost..Position::AfterPort];
            headers.insert(HOST, HeaderValue::from_str(host).map_err(|_| bad_address())?);
        }
        headers.insert(USER_AGENT, self.login.client.user_agent.clone());
        headers.insert(ACCEPT, ask.accept.clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
        if let Some(language) = &self.login.client.accept_language {
            headers.insert(ACCEPT_LANGUAGE, language.clone());
        }
        if let Some((content_type, _)) = &ask.body {
            headers.insert(CONTENT_TYPE, content_type.clone());
        }
        // RFC 9110, 8.6; some services answer 411 without it.
        if ask.method == Method::POST && is_empty {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        if ask.method != Method::GET {
            let origin = ask.referer.as_ref().unwrap_or(url).origin().ascii_serialization();
            headers.extend(HeaderValue::try_from(origin).ok().map(|value| (ORIGIN, value)));
        }
        if let Some(from) = &ask.referer {
            headers.extend(referer(from, url).map(|value| (REFERER, value)));
        }
        headers.extend(self.jar.header(url, self.now).map(|value| (COOKIE, value)));
        let credential = ask.credential.as_ref();
        headers.extend(credential.and_then(|credential| credential.header(&ask.method, url)));
        for (name, value) in &ask.headers {
            headers.insert(name, value.clone());
        }
        Ok(request)
    }

    /// Puts the attempt together.
    pub fn finish(self, result: Result<String, Failure>) -> Attempt {
        let last = self.last;
        self.trace.finish(result, |trace, outcome| match last {
            None => trace.evidence(),
            Some(answer) => evidence(&trace.redactor, &answer, outcome),
        })
    }

    /// Where an answer redirects to, if it does.
    pub fn redirect(&self, answer: &Answer) -> Result<Option<Url>, Failure> {
        if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let Some(location) = answer.headers.get(LOCATION) else { return Ok(None) };
        let location = String::from_utf8_lossy(location.as_bytes());
        let bad = || {
            let shown = self.trace.redactor.clean(&location.chars().take(200).collect::<String>());
            Failure::down(DownCause::BadRedirect, shown)
        };
        let mut target = answer.url.join(&location).map_err(|_| bad())?;
        if !matches!(target.scheme(), "http" | "https") || target.host().is_none() {
            return Err(bad());
        }
        // The place within the page stays, unless another one is named.
        if target.fragment().is_none() {
            target.set_fragment(answer.url.fragment());
        }
        Ok(Some(target))
    }
}

fn evidence(redactor: &Redactor, answer: &Answer, outcome: Outcome) -> Evidence {
    let mut evidence = Evidence {
        url: Some(redactor.url(&answer.url)),
        address: answer.address.map(|at| at.to_string()),
        status: Some(answer.status.as_u16()),
        ..Evidence::default()
    };
    // A good answer holds what only its user may see (C10.5).
    if outcome != Outcome::Up {
        let title = answer.form_page().title.as_deref();
        evidence.title = title.map(|title| redactor.clean(title));
        let excerpt = redactor.excerpt(&answer.source());
        evidence.excerpt = Some(excerpt).filter(|excerpt| !excerpt.is_empty());
    }
    evidence
}

/// What a browser tells of the page it comes from: all of its address to the same origin, and
/// otherwise only the origin.
fn referer(from: &Url, to: &Url) -> Option<HeaderValue> {
    let host = &from[Position::BeforeHost..Position::AfterPort];
    let rest = match is_same_origin(from, to) {
        true => &from[Position::BeforePath..Position::AfterQuery],
        false => "/",
    };
    HeaderValue::try_from(format!("{}://{host}{rest}", from.scheme())).ok()
}

/// Whether two addresses of http or https are one service's, as browsers see it.
pub fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

fn ended_before_answer(failure: &Failure) -> bool {
    use contract::Outcome::Down;
    failure.phase == Some(Phase::Processing)
        && matches!(failure.outcome, Down(DownCause::Closed | DownCause::ConnectReset))
}

fn bad_address() -> Failure {
    Failure::down(DownCause::BadRedirect, "an address that no request can be made of")
}

/// Whether a status says that all went well, after redirects.
pub fn is_good(status: StatusCode) -> bool {
    status.as_u16() < 400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_referer_tells_its_own_origin_all_and_another_one_little() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        let from = url("https://user:pw@a.example:8443/login?next=%2F#top");
        let told = |to: &str| referer(&from, &url(to)).unwrap();
        assert_eq!(told("https://a.example:8443/x"), "https://a.example:8443/login?next=%2F");
        for other in ["https://a.example/x", "https://b.example:8443/", "http://a.example:8443/"] {
            assert_eq!(told(other), "https://a.example:8443/", "{other}");
        }
        assert!(is_same_origin(&url("https://a.example:443/x"), &url("https://a.example/")));
    }
}
