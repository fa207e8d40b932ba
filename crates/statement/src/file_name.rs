//! What a statement's files are called: `exempelbolaget-ab.sv.html`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::hex;
use crate::lang::Lang;

/// The file name of the services that name no customer.
const NO_CUSTOMER: &str = "no-customer";

/// Characters of a customer's name in a file name.
const SLUG_CHARS_MAX: usize = 80;

/// How each customer is called in the names of a month's files, in the order in which they are
/// given: lowercase letters, digits and hyphens. No two are the same.
pub fn slugs(customers: &[Option<String>]) -> Vec<String> {
    let plain: Vec<String> = customers.iter().map(|it| slug(it.as_deref())).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    plain.iter().for_each(|slug| *counts.entry(slug).or_default() += 1);
    let unique = |(slug, customer): (&String, &Option<String>)| match counts[slug.as_str()] {
        1 => slug.clone(),
        _ => {
            let name = customer.as_deref().unwrap_or_default();
            format!("{slug}-{}", hex::encode(&Sha256::digest(name)[..4]))
        }
    };
    plain.iter().zip(customers).map(unique).collect()
}

/// The name of a file: `slug.sv.html`, and of a revision `slug.r1.sv.html`. JSON, which has no
/// language, is `slug.json`.
pub fn file_name(slug: &str, revision: u32, lang: Option<Lang>, extension: &str) -> String {
    let revision = if revision == 0 { String::new() } else { format!(".r{revision}") };
    let lang = lang.map_or_else(String::new, |lang| format!(".{}", lang.code()));
    format!("{slug}{revision}{lang}.{extension}")
}

fn slug(customer: Option<&str>) -> String {
    let mut slug = String::new();
    for letter in customer.unwrap_or(NO_CUSTOMER).chars().flat_map(char::to_lowercase) {
        match plain(letter) {
            Some(plain) => slug.push_str(plain),
            None if letter.is_ascii_alphanumeric() => slug.push(letter),
            None if !slug.ends_with('-') && !slug.is_empty() => slug.push('-'),
            None => {}
        }
    }
    let slug: String = slug.chars().take(SLUG_CHARS_MAX).collect();
    match slug.trim_end_matches('-') {
        "" => "customer".to_owned(),
        slug => slug.to_owned(),
    }
}

/// The letters of Swedish customers' names without their marks.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'å' | 'ä' | 'à' | 'á' | 'â' => "a",
        'ö' | 'ø' | 'ó' | 'ô' => "o",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'ü' | 'ú' => "u",
        'æ' => "ae",
        'ç' => "c",
        'ñ' => "n",
        'í' => "i",
        'ß' => "ss",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slugs_of(names: &[&str]) -> Vec<String> {
        slugs(&names.iter().map(|name| Some((*name).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn a_customer_is_known_by_its_file_name() {
        for (name, slug) in [
            ("Exempelbolaget AB", "exempelbolaget-ab"),
            ("Åre Älvs & Östra Kök", "are-alvs-ostra-kok"),
            ("../../etc/passwd", "etc-passwd"),
            ("CON", "con"),
            ("株式会社", "customer"),
            ("", "customer"),
        ] {
            assert_eq!(slugs_of(&[name]), [slug], "{name}");
        }
        assert_eq!(slugs(&[None]), ["no-customer"]);
        assert_eq!(slugs_of(&["x".repeat(500).as_str()])[0].len(), SLUG_CHARS_MAX);
    }

    #[test]
    fn two_customers_never_share_a_file() {
        let slugs = slugs_of(&["Exempel AB", "Exempel-AB", "Annan AB"]);
        assert!(slugs[0].starts_with("exempel-ab-") && slugs[1].starts_with("exempel-ab-"));
        assert_ne!(slugs[0], slugs[1]);
        assert_eq!(slugs[2], "annan-ab");
    }

    #[test]
    fn c6_7_a_revision_replaces_no_file() {
        assert_eq!(file_name("a", 0, Some(Lang::Sv), "html"), "a.sv.html");
        assert_eq!(file_name("a", 1, Some(Lang::En), "pdf"), "a.r1.en.pdf");
        assert_eq!(file_name("a", 2, None, "json"), "a.r2.json");
    }
}
