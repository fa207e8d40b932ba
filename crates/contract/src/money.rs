//! Decimal money with its currency (C7.3).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The largest amount that is read, in the currency's main unit: no percentage of it overflows.
const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// An amount of money, to two decimals, with an ISO 4217 currency: `12500.00 SEK`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Money {
    amount: Decimal,
    currency: String,
}

impl Money {
    /// `percent` hundredths of this amount, rounded half up to 0.01 (C7.3).
    pub fn percent(&self, percent: Decimal) -> Money {
        let amount = (self.amount * percent / Decimal::ONE_HUNDRED)
            .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        Money::of(amount, self.currency.clone())
    }

    /// Amounts have two decimals, so that one is written alike wherever it comes from.
    fn of(mut amount: Decimal, currency: String) -> Money {
        amount.rescale(2);
        Money { amount, currency }
    }

    /// The sum of `amounts` in each of their currencies, by currency.
    pub fn sums<'a>(amounts: impl IntoIterator<Item = &'a Money>) -> Vec<Money> {
        let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
        for money in amounts {
            let sum = sums.entry(&money.currency).or_default();
            *sum = sum.saturating_add(money.amount);
        }
        let money = |(currency, amount): (&str, _)| Money { amount, currency: currency.to_owned() };
        sums.into_iter().map(money).collect()
    }

    /// The amount, in the currency's main unit.
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// The currency's three letters.
    pub fn currency(&self) -> &str {
        &self.currency
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} {}", self.amount, self.currency)
    }
}

impl FromStr for Money {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is no amount of money: write it like \"12500.00 SEK\"");
        let (amount, currency) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let amount: Decimal = amount.parse().map_err(|_| wrong())?;
        let is_currency = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
        let in_range = (Decimal::ZERO..=Decimal::from(AMOUNT_MAX)).contains(&amount);
        if !is_currency || !in_range || amount.is_sign_negative() || amount.scale() > 2 {
            return Err(wrong());
        }
        Ok(Money::of(amount, currency.to_owned()))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c7_3_money_is_rounded_half_up_to_two_decimals() {
        let fee: Money = "12500.00 SEK".parse().unwrap();
        assert_eq!(fee.percent(Decimal::TEN).to_string(), "1250.00 SEK");
        let odd: Money = "0.25 SEK".parse().unwrap();
        assert_eq!(odd.percent(Decimal::TEN).to_string(), "0.03 SEK");
        assert_eq!("7 EUR".parse::<Money>().unwrap().to_string(), "7.00 EUR");
        assert_eq!(fee.currency(), "SEK");
        for amount in ["7 EUR", "7.0 EUR", "700 EUR"].map(|text| text.parse::<Money>().unwrap()) {
            assert_eq!(amount.amount().scale(), 2);
            assert_eq!(amount.percent(Decimal::ZERO).amount().to_string(), "0.00");
        }
        for wrong in
            ["12500", "12500.001 SEK", "-1 SEK", "1 kr", "SEK 1", "12 500 SEK", "1 SE", "1 kro"]
        {
            assert!(wrong.parse::<Money>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn c7_3_money_is_added_up_per_currency() {
        let amounts = ["0.10 SEK", "7 EUR", "0.25 SEK"].map(|text| text.parse().unwrap());
        let sums: Vec<String> = Money::sums(&amounts).iter().map(Money::to_string).collect();
        assert_eq!(sums, ["7.00 EUR", "0.35 SEK"]);
    }

    #[test]
    fn an_amount_of_which_a_percentage_would_overflow_is_refused() {
        let most: Money = format!("{AMOUNT_MAX}.00 SEK").parse().unwrap();
        assert_eq!(most.percent(Decimal::ONE_HUNDRED), most);
        assert!(format!("{AMOUNT_MAX}.01 SEK").parse::<Money>().is_err());
        assert!("79228162514264337593543950335 SEK".parse::<Money>().is_err());
    }
}
