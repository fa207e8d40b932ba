//! What a reader asked of a page, and the links that keep it.

use url::form_urlencoded::Serializer;

use super::words::Language;
use crate::snapshot::Service;

/// What a reader asked of a page.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The language of the page.
    pub language: Language,
    /// The language that the address asks for; links keep it.
    pub chosen: Option<Language>,
    /// Words that a service must all match; `is:down` and the like match its state.
    pub filter: String,
    /// Which page of the list, from 1.
    pub page: usize,
    /// The service whose records are asked for; all of them if none is.
    pub service: Option<String>,
}

impl View {
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

    /// Whether a service matches the filter: every word stands in its name, its customer or a
    /// label's value, whatever the case.
    pub fn shows(&self, service: &Service) -> bool {
        self.filter.split_whitespace().all(|word| match word.strip_prefix("is:") {
            Some(state) => state.eq_ignore_ascii_case(service.state_name()),
            None => {
                let word = word.to_lowercase();
                let customer = service.customer.iter();
                let labels = service.labels.iter().map(|(_, value)| value);
                std::iter::once(&service.name)
                    .chain(customer)
                    .chain(labels)
                    .any(|text| text.to_lowercase().contains(&word))
            }
        })
    }
}

/// The path of a service's page.
pub fn service_path(name: &str) -> String {
    format!("/service/{}", segment(name))
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
}
