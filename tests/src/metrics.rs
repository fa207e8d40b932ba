//! `/metrics`, read as Prometheus reads it.

use std::collections::BTreeMap;

use contract::Instant;

/// One scrape: each series with its value.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Reads the text format.
    pub fn read(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let read = |line: &str| {
            let (series, value) = line.rsplit_once(' ').expect("a series and its value");
            (series.to_owned(), value.parse().expect("a number"))
        };
        Metrics(samples.map(read).collect())
    }

    /// The value of a series as it is written: `upptid_services`, `name{label="value"}`.
    pub fn get(&self, series: &str) -> Option<f64> {
        self.0.get(series).copied()
    }

    /// The same of a series that is always there.
    pub fn value(&self, series: &str) -> f64 {
        self.get(series).unwrap_or_else(|| panic!("there is no series {series}"))
    }

    /// A family's value for a service, which has no other label.
    pub fn of(&self, service: &str, family: &str) -> Option<f64> {
        self.get(&format!("{family}{{service=\"{service}\"}}"))
    }

    /// The same of seconds, exactly.
    pub fn ms_of(&self, service: &str, family: &str) -> Option<i64> {
        self.of(service, family).map(milliseconds)
    }

    /// A service's live state: `up`, `down`, `suspected` or `unmeasured`.
    pub fn state(&self, service: &str) -> Option<String> {
        let names = ["up", "down", "suspected", "unmeasured"].into_iter();
        let is_in = |name: &&str| {
            let series = format!("upptid_service_state{{service=\"{service}\",state=\"{name}\"}}");
            self.get(&series) == Some(1.0)
        };
        names.into_iter().find(is_in).map(str::to_owned)
    }

    /// A service's time unmeasured by this cause in the running month.
    pub fn unmeasured_ms(&self, service: &str, cause: &str) -> i64 {
        let family = "upptid_month_unmeasured_cause_seconds";
        let series = format!("{family}{{service=\"{service}\",cause=\"{cause}\"}}");
        self.get(&series).map_or(0, milliseconds)
    }

    /// The instant up to which the running month's figure reaches.
    pub fn decided_until(&self, service: &str) -> Option<Instant> {
        let start = self.ms_of(service, "upptid_month_start_timestamp_seconds")?;
        let elapsed = self.ms_of(service, "upptid_month_elapsed_seconds")?;
        Some(Instant::from_ms(start + elapsed))
    }
}

/// Seconds as they are printed, in the integer they were made of.
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}
