//! A month's time by class (C6.6), out of whatever tells it.

use std::path::Path;

use contract::Instant;
use serde_json::Value;

use crate::{Metrics, Scene, upptid};

/// One service's month, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figures {
    /// The part up to which all is decided.
    pub elapsed: i64,
    /// A customer could log in.
    pub up: i64,
    /// Down, neither planned nor excluded.
    pub lost: i64,
    /// Down inside a valid planned stop.
    pub planned: i64,
    /// Down and taken out by an adjustment.
    pub excluded: i64,
    /// Not known.
    pub unmeasured: i64,
    /// Outside the contract.
    pub not_in_service: i64,
}

impl Figures {
    /// As scraped.
    pub fn scraped(metrics: &Metrics, service: &str) -> Option<Self> {
        let of = |class: &str| metrics.ms_of(service, &format!("upptid_month_{class}_seconds"));
        Some(Figures {
            elapsed: of("elapsed")?,
            up: of("up")?,
            lost: of("lost")?,
            planned: of("planned")?,
            excluded: of("excluded")?,
            unmeasured: of("unmeasured")?,
            not_in_service: of("not_in_service")?,
        })
    }

    /// Out of a document that names them `lost_ms` and so on.
    pub fn of_json(document: &Value) -> Self {
        let of = |name: &str| {
            document[name].as_i64().unwrap_or_else(|| panic!("no {name} in {document}"))
        };
        Figures {
            elapsed: of("elapsed_ms"),
            up: of("up_ms"),
            lost: of("lost_ms"),
            planned: of("planned_ms"),
            excluded: of("excluded_ms"),
            unmeasured: of("unmeasured_ms"),
            not_in_service: of("not_in_service_ms"),
        }
    }

    /// What `upptid replay` makes of a journal's folder, up to `as_of`.
    pub fn replayed(scene: &Scene, journal: &Path, service: &str, as_of: Instant) -> Self {
        let month = month_of(as_of);
        let mut command: Vec<std::ffi::OsString> = vec!["replay".into(), "--facts".into()];
        command.push(journal.into());
        command.extend(["--config".into(), scene.config().into()]);
        for argument in ["--month", &month, "--service", service, "--as-of", &as_of.to_string()] {
            command.push(argument.into());
        }
        let finished = upptid(command);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        Figures::of_json(&finished.json()["services"][0])
    }

    /// C6.6: nothing is counted twice, and nothing is left out.
    pub fn add_up(&self) -> bool {
        let down = self.lost + self.planned + self.excluded;
        self.up + down + self.unmeasured + self.not_in_service == self.elapsed
    }
}

/// The local month of the default terms.
fn month_of(instant: Instant) -> String {
    let zone = contract::ResolvedTerms::new(contract::Terms::default()).expect("they are valid");
    contract::Month::of(instant, zone.zone()).to_string()
}
