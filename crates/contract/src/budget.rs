//! The month's budget, and the conditions that alerts are made of (C8).
