//! Random numbers, for what a service must not be able to foresee.

use contract::UnableCause;

use crate::failure::Failure;

/// Sixteen random bytes as hex.
pub fn random_hex() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|e| Failure::unable(UnableCause::Internal, format!("no random numbers: {e}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
