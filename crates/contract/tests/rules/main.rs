//! One test a rule, named after it, and the worked examples of `docs/contract.md`.

mod alerts;
mod c10_6_notification;
mod c1_measured;
mod c2_time;
mod c3_timeline;
mod c4_stops;
mod c5_adjustments;
mod c6_7_closing;
mod c6_figure;
mod c7_5_claims;
mod c7_price;
mod c8_budget;
mod c9_support;
mod carry_over;
mod explain;
mod facts;
mod history;
mod notices;
mod stretches;
mod terms;
mod worked_examples;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
