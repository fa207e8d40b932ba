//! What lost time does to the month's budget and price (C8.1, C8.2).

use super::course::{Course, Month};
use super::{Alert, End};
use crate::budget::{BURN_WINDOWS, BurnWindow, NEXT_LEVEL_NEAR_MS, PACE_FLOOR_MS};
use crate::instant::{Instant, Interval, union};
use crate::minutes::reached;

impl Course<'_> {
    /// Adds what concerns the month's budget.
    pub fn losses(&mut self) {
        for month in std::mem::take(&mut self.months) {
            let lost = month.lost();
            if !lost.is_empty() {
                self.budget(&month, &lost);
                self.pace(&month, &lost);
                self.projection(&month, &lost);
                self.next_level(&month, &lost);
            }
            self.months.push(month);
        }
    }

    /// C8.1: each step of the budget, until the next or the month's end.
    fn budget(&mut self, month: &Month<'_>, lost: &[Interval]) {
        let steps = [
            (50, Alert::BudgetHalfBurned),
            (75, Alert::BudgetThreeQuartersBurned),
            (100, Alert::BudgetBurned),
        ];
        let at = steps.map(|(percent, _)| {
            let burned = i128::from(month.figure.budget_ms) * percent;
            month.reached(lost, whole_ms(burned, 100).max(1))
        });
        for (place, (_, alert)) in steps.into_iter().enumerate() {
            let Some(since) = at[place] else { break };
            let worse = at.get(place + 1).copied().flatten();
            self.add(alert, since, Some(worse.map_or(month.end(), End::Worse)));
        }
    }

    /// C8.2: within a window more is lost than its pace allows. Whichever window it is, it is one
    /// alert.
    fn pace(&mut self, month: &Month<'_>, lost: &[Interval]) {
        let bounds = month.contract.terms.bounds();
        let within = |window: BurnWindow| {
            let allowed = i128::from(window.pace)
                * i128::from(month.figure.budget_ms)
                * i128::from(window.length_ms);
            let least_ms = whole_ms(allowed, month.figure.period_ms).max(PACE_FLOOR_MS);
            stretches_with(lost, window.length_ms, least_ms, bounds)
        };
        for stretch in union(BURN_WINDOWS.into_iter().flat_map(within).collect()) {
            self.add(Alert::BudgetBurnsFast, stretch.from, Some(End::Over(stretch.until)));
        }
    }

    /// C8.2: the budget will be burned at the pace of the month so far; until it is, until the pace
    /// has fallen, or until the month ends.
    fn projection(&mut self, month: &Month<'_>, lost: &[Interval]) {
        let (budget_ms, period_ms) = (month.figure.budget_ms, month.figure.period_ms);
        let bounds = month.contract.terms.bounds();
        let burned = month.reached(lost, budget_ms + 1).unwrap_or(bounds.until);
        let mut before_ms = 0;
        let mut holds = Vec::new();
        for stretch in lost {
            let counted_ms = before_ms + stretch.ms();
            // lost * P > budget * elapsed, where both grow together: x * (P - budget) > …
            let behind = i128::from(budget_ms) * i128::from(stretch.from.since(bounds.from))
                - i128::from(before_ms) * i128::from(period_ms);
            let pace_ms = behind.div_euclid(i128::from((period_ms - budget_ms).max(1))) + 1;
            let floor_ms = i128::from(PACE_FLOOR_MS - before_ms);
            let from_ms = pace_ms.max(floor_ms).max(0);
            if from_ms <= i128::from(stretch.ms()) {
                let from = stretch.from.plus_ms(i64::try_from(from_ms).unwrap_or(i64::MAX));
                let fallen = i128::from(counted_ms) * i128::from(period_ms);
                let until = bounds.from.plus_ms(whole_ms(fallen, budget_ms.max(1)));
                holds.push(Interval::new(from, until.min(burned)));
            }
            before_ms = counted_ms;
        }
        for stretch in union(holds) {
            let until = stretch.until;
            let end = if until == burned { End::Worse(until) } else { End::Over(until) };
            self.add(Alert::BudgetWillBurn, stretch.from, Some(end));
        }
    }

    /// C8.2: less than 30 minutes to a price level, until it holds or the month ends.
    fn next_level(&mut self, month: &Month<'_>, lost: &[Interval]) {
        let levels = month.contract.terms.levels();
        for entry_ms in (1..=levels.count()).filter_map(|level| levels.left_ms(level, 0)) {
            let near_ms = (entry_ms - NEXT_LEVEL_NEAR_MS + 1).max(1);
            let Some(since) = month.reached(lost, near_ms) else { break };
            let worse = month.reached(lost, entry_ms);
            let end = worse.map_or(month.end(), End::Worse);
            self.add(Alert::NextPriceLevelNear, since, Some(end));
        }
    }
}

impl Month<'_> {
    /// The instant at which F came to `wanted_ms`; none if it is less.
    fn reached(&self, lost: &[Interval], wanted_ms: i64) -> Option<Instant> {
        let terms = &self.contract.terms;
        reached(terms.terms().minute_rule, terms.bounds(), lost, wanted_ms)
    }

    /// With the month everything about its budget is over: the next one has its own.
    fn end(&self) -> End {
        End::Over(self.contract.terms.bounds().until)
    }
}

/// The stretches of `bounds` at whose every instant at least `least_ms` of the `window_ms` before
/// it, so far as they are within `bounds`, lie in `intervals`. These are in order of time.
pub(super) fn stretches_with(
    intervals: &[Interval],
    window_ms: i64,
    least_ms: i64,
    bounds: Interval,
) -> Vec<Interval> {
    // The sum rises by one each millisecond within an interval, and falls by one while such a
    // millisecond leaves the window.
    let turns = intervals.iter().flat_map(|it| {
        let leaves = |at: Instant| at.plus_ms(window_ms);
        [(it.from, 1), (it.until, -1), (leaves(it.from), -1), (leaves(it.until), 1)]
    });
    let mut turns: Vec<(Instant, i64)> = turns.collect();
    turns.sort_unstable();
    let mut found: Vec<Interval> = Vec::new();
    let (mut sum_ms, mut slope) = (0, 0);
    for pair in turns.windows(2) {
        let &[(from, turn), (until, _)] = pair else { continue };
        slope += turn;
        let before_ms = sum_ms;
        sum_ms += slope * until.since(from);
        let stretch = match (before_ms >= least_ms, sum_ms >= least_ms) {
            (true, true) => Interval::new(from, until),
            (false, true) => Interval::new(from.plus_ms(least_ms - before_ms), until),
            (true, false) => Interval::new(from, from.plus_ms(before_ms - least_ms + 1)),
            (false, false) => continue,
        };
        found.push(stretch);
    }
    let within = union(found).into_iter().map(|stretch| stretch.intersection(bounds));
    within.filter(|stretch| !stretch.is_empty()).collect()
}

/// `amount / by`, a part of a millisecond counted whole.
fn whole_ms(amount: i128, by: i64) -> i64 {
    let by = i128::from(by.max(1));
    i64::try_from((amount + by - 1).div_euclid(by)).unwrap_or(i64::MAX)
}
