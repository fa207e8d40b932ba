//! The paths of what people recorded: pages, JSON, the calendar, and the statements' files.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use contract::Instant;

use super::{HTML, JSON, Site, not_found, speaks, view};
use crate::page::{self, View};
use crate::records::{FileForm, FileName, Wanted};
use crate::{api, feed};

const CALENDAR: &str = "text/calendar; charset=utf-8";

/// A statement's page brings a style sheet of its own, and nothing that runs.
const STATEMENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Every path.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/stops", get(stops))
        .route("/stops.ics", get(stops_feed))
        .route("/adjustments", get(adjustments))
        .route("/claims", get(claims))
        .route("/statements", get(statements))
        .route("/statements/{month}/{file}", get(statement_file))
        .route("/api/v1/stops", get(api_stops))
        .route("/api/v1/adjustments", get(api_adjustments))
        .route("/api/v1/claims", get(api_claims))
        .route("/api/v1/statements", get(api_statements))
}

async fn stops(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    site.page(&uri, &headers, |site, snapshot, view| {
        let stops = site.source.stops(&wanted(view));
        (StatusCode::OK, page::stops(snapshot, &stops, view))
    })
    .await
}

async fn adjustments(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    site.page(&uri, &headers, |site, snapshot, view| {
        let adjustments = site.source.adjustments(&wanted(view));
        (StatusCode::OK, page::adjustments(snapshot, &adjustments, view))
    })
    .await
}

async fn claims(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    site.page(&uri, &headers, |site, snapshot, view| {
        let claims = site.source.claims(&wanted(view));
        (StatusCode::OK, page::claims(snapshot, &claims, view))
    })
    .await
}

async fn statements(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    site.page(&uri, &headers, |site, snapshot, view| {
        let statements = site.source.statements(&wanted(view));
        let key = site.source.signing_key();
        (StatusCode::OK, page::statements(snapshot, &statements, key.as_deref(), view))
    })
    .await
}

async fn api_stops(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    list(&site, &uri, &headers, |site, at, view| {
        api::stops(at, view.page, &site.source.stops(&wanted(view)))
    })
    .await
}

async fn api_adjustments(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    list(&site, &uri, &headers, |site, at, view| {
        api::adjustments(at, view.page, &site.source.adjustments(&wanted(view)))
    })
    .await
}

async fn api_claims(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    list(&site, &uri, &headers, |site, at, view| {
        api::claims(at, view.page, &site.source.claims(&wanted(view)))
    })
    .await
}

async fn api_statements(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    list(&site, &uri, &headers, |site, at, view| {
        let (statements, key) = (site.source.statements(&wanted(view)), site.source.signing_key());
        api::statements(at, view.page, &statements, key.as_deref())
    })
    .await
}

async fn list(
    site: &Site,
    uri: &Uri,
    headers: &HeaderMap,
    make: impl FnOnce(&Site, Instant, &View) -> Vec<u8> + Send + 'static,
) -> Response {
    let view = view(uri, headers);
    site.answer(JSON, move |site, snapshot| (StatusCode::OK, make(site, snapshot.at, &view))).await
}

/// The entries that a page of a list shows.
fn wanted(view: &View) -> Wanted {
    Wanted::page(view.service.clone(), view.page)
}

async fn stops_feed(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let view = view(&uri, &headers);
    let language = view.language;
    let mut response = site
        .answer(CALENDAR, move |site, snapshot| {
            let service = view.service.as_deref();
            let is_known = service.is_none_or(|name| snapshot.service(name).is_some());
            let wanted = Wanted { service: view.service.clone(), skip: 0, take: feed::STOPS_MAX };
            let stops = site.source.stops(&wanted).rows;
            let status = match is_known || !stops.is_empty() {
                true => StatusCode::OK,
                // An empty calendar would look as if nothing were announced.
                false => StatusCode::NOT_FOUND,
            };
            (status, feed::feed(&stops, service, snapshot.at, language).into_bytes())
        })
        .await;
    speaks(&mut response, language);
    response
}

/// A statement's file, as it was written at the month's close.
async fn statement_file(
    State(site): State<Site>,
    Path((month, file)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let (Ok(month), Some(name)) = (month.parse(), FileName::parse(&file)) else {
        return not_found(uri, headers).await;
    };
    let content_type = match name.form() {
        FileForm::Html => HTML,
        FileForm::Pdf => "application/pdf",
        FileForm::Json => JSON,
        FileForm::Csv => "text/csv; charset=utf-8",
    };
    let mut response = site
        .answer(content_type, move |site, _| match site.source.statement_file(month, &name) {
            Some(bytes) => (StatusCode::OK, bytes),
            None => (StatusCode::NOT_FOUND, Vec::new()),
        })
        .await;
    if response.status() == StatusCode::NOT_FOUND {
        return not_found(uri, headers).await;
    }
    let policy = HeaderValue::from_static(STATEMENT_POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}
