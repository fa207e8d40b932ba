//! Who promises and from where it is measured, as a statement names them (C10.1, C10.5).

use serde::{Deserialize, Serialize};

/// The label of a document whose holder has set none (C10.5).
pub const CLASSIFICATION: &str = "ÖPPEN";

/// The provider, and the label of what leaves the program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Provider {
    /// The provider's name, if it is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The label that statements and exports carry (C10.5).
    pub classification: String,
}

impl Default for Provider {
    fn default() -> Self {
        Provider { name: None, classification: CLASSIFICATION.to_owned() }
    }
}

/// From where it is measured, and who is asked about the network there.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Vantage {
    /// The vantage point's name.
    pub agent: String,
    /// The network it measures from, in words, if it is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The names of the witnesses (C3.3).
    #[serde(default)]
    pub witnesses: Vec<String>,
    /// How many of them have to answer.
    #[serde(default)]
    pub witnesses_needed: u32,
}
