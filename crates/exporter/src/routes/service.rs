//! The paths of one service: its month, a day of it, and a stretch of its time.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use contract::{Instant, Month};
use jiff::civil::Date;

use super::{JSON, Site, not_found, view};
use crate::snapshot::Snapshot;
use crate::{api, page};

/// Every path.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/service/{name}", get(service))
        .route("/service/{name}/day/{date}", get(day))
        .route("/service/{name}/at/{instant}", get(moment))
        .route("/api/v1/services/{name}", get(api_service))
        .route("/api/v1/services/{name}/at/{instant}", get(api_moment))
}

async fn service(
    State(site): State<Site>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    site.page(&uri, &headers, move |site, snapshot, view| {
        let found = snapshot.service(&name).and_then(|service| {
            let month = site.source.month(&name, view.month);
            // A month that there is not; without one asked for, nothing is known yet.
            if view.misnamed_month || view.month.is_some() && month.is_none() {
                return None;
            }
            let counted = site.counters.counted();
            Some(page::service(snapshot, &counted, service, month.as_ref(), view))
        });
        found.map_or_else(|| (StatusCode::NOT_FOUND, page::not_found(view)), ok)
    })
    .await
}

async fn day(
    State(site): State<Site>,
    Path((name, date)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some((date, month)) = date.parse::<Date>().ok().and_then(with_month) else {
        return not_found(uri, headers).await;
    };
    site.page(&uri, &headers, move |site, snapshot, view| {
        let found = measured(snapshot, &name)
            .and_then(|name| site.source.month(name, Some(month)))
            .and_then(|month| page::day(snapshot, &name, &month, date, view));
        found.map_or_else(|| (StatusCode::NOT_FOUND, page::not_found(view)), ok)
    })
    .await
}

async fn moment(
    State(site): State<Site>,
    Path((name, at)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Ok(at) = at.parse::<Instant>() else { return not_found(uri, headers).await };
    site.page(&uri, &headers, move |site, snapshot, view| {
        let found = measured(snapshot, &name).and_then(|name| site.source.moment(name, at));
        let found = found.map(|moment| page::moment(snapshot, &name, &moment, view));
        found.map_or_else(|| (StatusCode::NOT_FOUND, page::not_found(view)), ok)
    })
    .await
}

async fn api_service(
    State(site): State<Site>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let view = view(&uri, &headers);
    let wanted = view.month;
    site.answer(JSON, move |site, snapshot| {
        if view.misnamed_month {
            let example = "the month is none; give one like 2026-10";
            return (StatusCode::NOT_FOUND, api::error(example));
        }
        let Some(service) = snapshot.service(&name) else {
            return (StatusCode::NOT_FOUND, api::error("no service of this name is measured"));
        };
        let month = site.source.month(&name, wanted);
        if wanted.is_some() && month.is_none() {
            return (StatusCode::NOT_FOUND, api::error("nothing is known of this month"));
        }
        (StatusCode::OK, api::service(snapshot, service, month.as_ref()))
    })
    .await
}

async fn api_moment(
    State(site): State<Site>,
    Path((name, at)): Path<(String, String)>,
) -> Response {
    site.answer(JSON, move |site, snapshot| {
        let Ok(at) = at.parse::<Instant>() else {
            let example = "the instant is none; give one like 2026-11-22T12:00:00.000Z";
            return (StatusCode::NOT_FOUND, api::error(example));
        };
        let found = measured(snapshot, &name).and_then(|name| site.source.moment(name, at));
        match found {
            Some(moment) => (StatusCode::OK, api::moment(snapshot.at, &name, &moment)),
            None => {
                let why = "no service of this name is measured, or nothing is decided there";
                (StatusCode::NOT_FOUND, api::error(why))
            }
        }
    })
    .await
}

/// The name, if a service of this name is measured.
fn measured<'a>(snapshot: &Snapshot, name: &'a str) -> Option<&'a str> {
    snapshot.service(name).map(|_| name)
}

/// The day and the month in which it lies.
fn with_month(date: Date) -> Option<(Date, Month)> {
    let month = format!("{:04}-{:02}", date.year(), date.month()).parse().ok()?;
    Some((date, month))
}

fn ok(page: String) -> (StatusCode, String) {
    (StatusCode::OK, page)
}
