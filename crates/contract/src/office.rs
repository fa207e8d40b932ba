//! What the facts say of the provider as a whole: its name, its key, the statements it has made.

use std::collections::{BTreeMap, BTreeSet};

use crate::closing::SignedStatement;
use crate::fact::{Fact, Line};
use crate::history::History;
use crate::instant::Instant;
use crate::month::Month;
use crate::notices::Delivery;
use crate::parties::{Provider, Vantage};
use crate::service_record::insert_sorted;

/// Something recorded, with its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded<T> {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// What was recorded.
    pub value: T,
}

/// A statement that was made and signed (C10.1).
pub type Statement = Recorded<Box<SignedStatement>>;

#[derive(Debug, Default)]
pub(crate) struct Office {
    /// The latest of each.
    pub provider: Option<Recorded<Provider>>,
    pub vantage: Option<Recorded<Vantage>>,
    pub signing_key: Option<Recorded<String>>,
    /// By (`month`, `revision`, `seq`).
    pub statements: Vec<Statement>,
    /// Notices about the agent itself, by `seq` (C8.2).
    pub deliveries: Vec<Delivery>,
}

impl Office {
    pub fn record(&mut self, line: &Line) {
        let (seq, at) = (line.seq, line.at);
        match &line.fact {
            Fact::ProviderSet(provider) => keep_latest(&mut self.provider, seq, at, provider),
            Fact::VantageSet(vantage) => keep_latest(&mut self.vantage, seq, at, vantage),
            Fact::SigningKeySet { public_key } => {
                keep_latest(&mut self.signing_key, seq, at, public_key);
            }
            Fact::StatementSigned(signed) => {
                let statement = Recorded { seq, at, value: signed.clone() };
                insert_sorted(&mut self.statements, statement, |made| {
                    (made.value.month, made.value.revision, made.seq)
                });
            }
            Fact::NoticeDelivered { .. } => Delivery::record(&mut self.deliveries, line),
            _ => {}
        }
    }

    /// The lines that a segment repeats: the latest of each, the statements of the months from
    /// `month` on and each customer's last one, and what was delivered from `at` on.
    pub fn lines(&self, month: Month, at: Instant) -> impl Iterator<Item = Line> {
        let provider = self.provider.as_ref().map(|set| set.line(Fact::ProviderSet));
        let vantage = self.vantage.as_ref().map(|set| set.line(Fact::VantageSet));
        let key = self.signing_key.as_ref();
        let key = key.map(|set| set.line(|public_key| Fact::SigningKeySet { public_key }));
        let kept = self.kept_from(month);
        let statements = self.statements.iter().filter(move |made| kept.contains(&made.seq));
        let statements = statements.map(|made| made.line(Fact::StatementSigned));
        let delivered = self.deliveries.iter().filter(move |made| made.at >= at);
        let delivered = delivered.map(|made| made.line(None));
        provider.into_iter().chain(vantage).chain(key).chain(statements).chain(delivered)
    }

    /// Drops what [`Office::lines`] leaves out.
    pub fn forget_before(&mut self, month: Month, at: Instant) {
        self.deliveries.retain(|made| made.at >= at);
        let kept = self.kept_from(month);
        self.statements.retain(|made| kept.contains(&made.seq));
    }

    /// The statements of the months from `month` on, and the last one of each customer, by `seq`.
    fn kept_from(&self, month: Month) -> BTreeSet<u64> {
        let recent = self.statements.iter().filter(|made| made.value.month >= month);
        let by_customer = |made: &Statement| (made.value.customer.clone(), made.seq);
        let last: BTreeMap<_, _> = self.statements.iter().map(by_customer).collect();
        recent.map(|made| made.seq).chain(last.into_values()).collect()
    }
}

impl<T: Clone> Recorded<T> {
    fn line(&self, fact: impl FnOnce(T) -> Fact) -> Line {
        Line { seq: self.seq, at: self.at, fact: fact(self.value.clone()) }
    }
}

fn keep_latest<T: Clone>(kept: &mut Option<Recorded<T>>, seq: u64, at: Instant, value: &T) {
    if kept.as_ref().is_none_or(|latest| latest.seq <= seq) {
        *kept = Some(Recorded { seq, at, value: value.clone() });
    }
}

impl History {
    /// The provider; the default one if nothing is recorded.
    pub fn provider(&self) -> Provider {
        self.office.provider.as_ref().map_or_else(Provider::default, |set| set.value.clone())
    }

    /// Where it is measured from, if it is recorded.
    pub fn vantage(&self) -> Option<&Vantage> {
        self.office.vantage.as_ref().map(|set| &set.value)
    }

    /// The public key that signs statements now, in hex.
    pub fn signing_key(&self) -> Option<&str> {
        self.office.signing_key.as_ref().map(|set| set.value.as_str())
    }

    /// The notices delivered about the agent itself, in the order in which they were recorded.
    pub fn deliveries_about_the_agent(&self) -> &[Delivery] {
        &self.office.deliveries
    }

    /// The statements made, by month and revision (C10.1).
    pub fn statements(&self) -> &[Statement] {
        &self.office.statements
    }

    /// The statements of a customer's month, in the order of their revisions (C6.7).
    pub fn statements_of(
        &self,
        customer: Option<&str>,
        month: Month,
    ) -> impl DoubleEndedIterator<Item = &Statement> {
        self.office.statements.iter().filter(move |made| {
            made.value.month == month && made.value.customer.as_deref() == customer
        })
    }
}
