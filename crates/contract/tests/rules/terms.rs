//! Terms: which can be used, and how they are laid out for a month.

use std::sync::Arc;

use contract::{Contracts, MonthTerms, ResolvedTerms, Terms};
use serde_json::json;

use crate::facts::Facts;

fn refusal(terms: serde_json::Value) -> Option<String> {
    let terms: Terms = serde_json::from_value(terms).unwrap();
    ResolvedTerms::new(terms).err().map(|error| error.to_string())
}

#[test]
fn c7_percentages_that_make_no_levels_are_refused_with_the_remedy() {
    let with = |target: &str, edges: &[&str], reductions: &[&str]| {
        refusal(json!({"target": target, "edges": edges, "reductions": reductions}))
    };
    assert_eq!(with("99.9", &["99.0"], &["10", "20"]), None);
    assert_eq!(with("99.999999", &["0"], &["100", "0"]), None);
    let reductions = with("99.9", &["99.0"], &["10"]).unwrap();
    assert!(reductions.contains("1 reductions for 1 edges"), "{reductions}");
    for (target, edge, reduction) in [
        ("100.1", "99.0", "20"),
        ("99.9", "-1", "20"),
        ("99.9", "99.0", "101"),
        ("99.9999999", "99.0", "20"),
    ] {
        let range = with(target, &[edge], &["10", reduction]).unwrap();
        assert!(range.contains("no percentage of 0 to 100 with at most 6 decimals"), "{range}");
    }
    for edges in [["99.9", "98.0"], ["98.0", "99.0"], ["99.0", "99.0"]] {
        let falling = with("99.9", &edges, &["10", "20", "40"]).unwrap();
        assert!(falling.contains("do not fall from the target on"), "{falling}");
    }
}

#[test]
fn terms_are_shared_by_all_who_are_under_them() {
    let terms = Terms { notice_ms: 7, ..Terms::default() };
    let month = MonthTerms::new(&ResolvedTerms::new(terms).unwrap(), "2026-10".parse().unwrap());
    assert_eq!(*month.shared_terms(), *month.terms());
    assert_eq!(month.shared_terms().notice_ms, 7);
    let (history, mut contracts) = (Facts::always_up().history(), Contracts::default());
    let mut of = |service| contracts.of(&history, service, "2026-10".parse().unwrap()).terms;
    assert!(Arc::ptr_eq(&of("portal"), &of("mail")), "they are laid out once");
}
