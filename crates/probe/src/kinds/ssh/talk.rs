//! What is said to an SSH server and heard from it, for a person who asks.

use crate::trace::Trace;

/// What is said and heard in a step, in words that a person can read: without secrets.
#[derive(Default)]
pub struct Talk(Vec<(String, Option<String>)>);

impl Talk {
    /// Notes what is said.
    pub fn say(&mut self, words: impl Into<String>) {
        self.0.push((words.into(), None));
    }

    /// Notes the answer to it.
    pub fn hear(&mut self, words: impl Into<String>) {
        if let Some((_, heard)) = self.0.last_mut() {
            *heard = Some(words.into());
        }
    }

    /// Hands it over, where somebody asked for it; the next step begins anew.
    pub fn keep(&mut self, trace: &mut Trace<'_>, step: &'static str) {
        for (said, heard) in self.0.drain(..) {
            let Some(exchanges) = &mut trace.exchanges else { continue };
            exchanges.said(step, &said);
            if let Some(heard) = heard {
                exchanges.heard(&heard);
            }
        }
    }
}
