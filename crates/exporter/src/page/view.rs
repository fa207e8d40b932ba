//! What a reader asked of a page, and the links that keep it.

use contract::{Instant, Month};
use jiff::civil::Date;
use url::form_urlencoded::Serializer;

use super::words::Language;
use crate::snapshot::{Class, Service};

/// What a reader asked of a page.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The language of the page.
    pub language: Language,
    /// The language that the address asks for; links keep it.
    pub chosen: Option<Language>,
    /// Words that a service must all match; `is:down` and the like match its state.
    pub filter: String,
    /// The live state that a service must have.
    pub state: Option<Wanted>,
    /// The order of the services.
    pub sort: Sort,
    /// Which page of the list, from 1.
    pub page: usize,
    /// The service whose records are asked for; all of them if none is.
    pub service: Option<String>,
    /// The month of a service that is asked for; the running one if none is.
    pub month: Option<Month>,
    /// Whether the address asks for a month and names none: no figure is the one that it means.
    pub misnamed_month: bool,
    /// The class of a month's minutes that is asked for; all that are not up if none is.
    pub class: Option<Class>,
    /// Whether the page is for a screen on a wall.
    pub wall: bool,
    /// Whether the page stays as it is.
    pub still: bool,
}

/// The live state that services are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Up.
    Up,
    /// Down.
    Down,
    /// A failed login is being confirmed.
    Suspected,
    /// Not known.
    Unmeasured,
    /// All but up.
    NotUp,
}

impl Wanted {
    /// Every one.
    pub const ALL: [Wanted; 5] =
        [Wanted::NotUp, Wanted::Down, Wanted::Suspected, Wanted::Unmeasured, Wanted::Up];

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Wanted::Up => "up",
            Wanted::Down => "down",
            Wanted::Suspected => "suspected",
            Wanted::Unmeasured => "unmeasured",
            Wanted::NotUp => "not-up",
        }
    }

    fn is(self, service: &Service) -> bool {
        match self {
            Wanted::NotUp => service.state_name() != "up",
            wanted => service.state_name() == wanted.as_str(),
        }
    }
}

/// The order of the services.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// What needs a look first comes first: down, suspected, unmeasured; then the budget burned.
    #[default]
    Urgency,
    /// By name.
    Name,
    /// The least available first.
    Availability,
    /// The most burned first.
    Budget,
    /// The most lost first.
    Lost,
    /// The highest price level first.
    Level,
    /// The next announced stop first.
    Stop,
}

impl Sort {
    /// Every one.
    pub const ALL: [Sort; 7] = [
        Sort::Urgency,
        Sort::Name,
        Sort::Availability,
        Sort::Budget,
        Sort::Lost,
        Sort::Level,
        Sort::Stop,
    ];

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Sort::Urgency => "urgency",
            Sort::Name => "name",
            Sort::Availability => "availability",
            Sort::Budget => "budget",
            Sort::Lost => "lost",
            Sort::Level => "level",
            Sort::Stop => "stop",
        }
    }
}

impl View {
    /// Takes in one parameter of an address; an unknown one, or one that makes no sense, is passed
    /// over.
    pub fn take(&mut self, key: &str, value: &str) {
        match key {
            "lang" => {
                self.chosen = value.parse().ok();
                self.language = self.chosen.unwrap_or(self.language);
            }
            "q" => self.filter = value.trim().to_owned(),
            "state" => self.state = Wanted::ALL.into_iter().find(|it| it.as_str() == value),
            "sort" => {
                let known = Sort::ALL.into_iter().find(|it| it.as_str() == value);
                self.sort = known.unwrap_or_default();
            }
            "service" => self.service = Some(value.to_owned()).filter(|name| !name.is_empty()),
            "page" => self.page = value.parse().unwrap_or(1).max(1),
            "month" => {
                self.month = value.parse().ok();
                self.misnamed_month = self.month.is_none() && !value.is_empty();
            }
            "class" => self.class = Class::ALL.into_iter().find(|it| it.as_str() == value),
            "view" => self.wall = value == "wall",
            "refresh" => self.still = value == "off",
            _ => {}
        }
    }

    /// A link to `path` with these parameters, in the language that was chosen.
    pub fn link(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        self.link_in(self.chosen, path, parameters)
    }

    /// The same in another language.
    pub fn link_in(
        &self,
        language: Option<Language>,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
        if let Some(language) = language {
            query.append_pair("lang", language.code());
        }
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// A link to the same page in another language, or refreshing or not: everything else that
    /// was asked is kept.
    pub fn same_page(&self, path: &str, language: Option<Language>, still: bool) -> String {
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let month = self.month.map(|month| month.to_string()).unwrap_or_default();
        let [q, state, sort, ..] = self.list_parameters();
        let kept = [
            q,
            state,
            sort,
            ("service", self.service.as_deref().unwrap_or_default()),
            ("month", &month),
            ("class", self.class.map(Class::as_str).unwrap_or_default()),
            ("page", &page),
            ("view", if self.wall { "wall" } else { "" }),
            ("refresh", if still { "off" } else { "" }),
        ];
        self.link_in(language, path, &kept)
    }

    /// A link to the overview, filtered and sorted as it is.
    pub fn list_link(&self, sort: Sort, page: usize) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        let [q, state, ..] = self.list_parameters();
        let sort = ("sort", if sort == Sort::Urgency { "" } else { sort.as_str() });
        self.link("/", &[q, state, sort, ("page", &page)])
    }

    /// What is asked of the list of services; what is not asked is empty.
    fn list_parameters(&self) -> [(&'static str, &str); 3] {
        let state = self.state.map(Wanted::as_str).unwrap_or_default();
        let sort = if self.sort == Sort::Urgency { "" } else { self.sort.as_str() };
        [("q", &self.filter), ("state", state), ("sort", sort)]
    }

    /// A link to a list of records, of the service that was asked for.
    pub fn records_link(&self, path: &str, page: usize) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        let service = self.service.as_deref().unwrap_or_default();
        self.link(path, &[("service", service), ("page", &page)])
    }

    /// A link to a service's page.
    pub fn service_link(&self, name: &str) -> String {
        self.link(&service_path(name), &[])
    }

    /// A link to the minutes of a class in a service's month; of all that is not up without one.
    pub fn minutes_link(&self, name: &str, month: Month, class: Option<Class>) -> String {
        let class = class.map(Class::as_str).unwrap_or_default();
        let parameters = [("month", &*month.to_string()), ("class", class)];
        format!("{}#minutes", self.link(&service_path(name), &parameters))
    }

    /// A link to a service's month.
    pub fn month_link(&self, name: &str, month: Month) -> String {
        self.link(&service_path(name), &[("month", &month.to_string())])
    }

    /// A link to a service's day, minute by minute.
    pub fn day_link(&self, name: &str, day: Date) -> String {
        self.link(&format!("{}/day/{day}", service_path(name)), &[])
    }

    /// A link to what is known of a service at an instant.
    pub fn moment_link(&self, name: &str, at: Instant) -> String {
        self.link(&moment_path(name, at), &[])
    }

    /// Whether a service is asked for: it has the wanted state, and every word of the filter stands
    /// in its name, its customer or a label's value, whatever the case.
    pub fn shows(&self, service: &Service) -> bool {
        self.state.is_none_or(|wanted| wanted.is(service))
            && self.filter.split_whitespace().all(|word| match word.strip_prefix("is:") {
                Some(state) => state.eq_ignore_ascii_case(service.state_name()),
                None => has_word(service, word),
            })
    }
}

fn has_word(service: &Service, word: &str) -> bool {
    let word = word.to_lowercase();
    let customer = service.customer.iter();
    let labels = service.labels.iter().map(|(_, value)| value);
    std::iter::once(&service.name)
        .chain(customer)
        .chain(labels)
        .any(|text| text.to_lowercase().contains(&word))
}

/// The path of a service's page.
pub fn service_path(name: &str) -> String {
    format!("/service/{}", segment(name))
}

/// The path of what is known of a service at an instant.
pub fn moment_path(name: &str, at: Instant) -> String {
    format!("{}/at/{at}", service_path(name))
}

/// A name as one segment of a path, escaped.
pub fn segment(name: &str) -> String {
    let mut escaped = String::new();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(byte.into());
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_escape_names_and_keep_the_language() {
        let mut view = View::default();
        assert_eq!(view.service_link("a/b?c"), "/service/a%2Fb%3Fc");
        view.chosen = Some(Language::Swedish);
        assert_eq!(view.link("/", &[("q", "a&b"), ("page", "")]), "/?q=a%26b&lang=sv");
    }

    #[test]
    fn the_same_page_in_another_language_keeps_what_was_asked() {
        let mut view = View { page: 1, ..View::default() };
        assert_eq!(view.same_page("/", None, false), "/");
        for (key, value) in [
            ("q", "a b"),
            ("state", "not-up"),
            ("sort", "lost"),
            ("month", "2026-10"),
            ("class", "lost"),
            ("page", "3"),
            ("lang", "en"),
            ("sort", "lost"),
            ("made-up", "x"),
        ] {
            view.take(key, value);
        }
        assert_eq!(
            view.same_page("/", Some(Language::Swedish), true),
            "/?q=a+b&state=not-up&sort=lost&month=2026-10&class=lost&page=3&refresh=off&lang=sv"
        );
        assert_eq!(view.list_link(Sort::Urgency, 1), "/?q=a+b&state=not-up&lang=en");
        view.take("sort", "made-up");
        view.take("page", "0");
        assert_eq!((view.sort, view.page), (Sort::Urgency, 1));
    }
}
