//! The gates between a clip and a believable text, in the order in which [`crate::hear()`] asks them.
//!
//! Before the model, because no model says "nothing" as reliably as a gate that looks at the sound:
//! [`length_and_level`], [`speech_ratio`]. After it, for what it makes up on near-silence: [`beyond_end`]
//! and [`no_speech`] drop text that belongs to no sound; [`confidence`], [`repetition`], [`prompt_echo`]
//! and [`boilerplate`] only flag. A flagged text stays: a child may have said just that, and a
//! parent can listen.

pub(crate) mod beyond_end;
pub(crate) mod boilerplate;
pub(crate) mod confidence;
pub(crate) mod length_and_level;
pub(crate) mod no_speech;
mod plain;
pub(crate) mod prompt_echo;
pub(crate) mod repetition;
pub(crate) mod speech_ratio;

use kimochi_domain::Quality;

/// What a gate has to say about a text: how far it can be trusted at most, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag {
    pub(crate) quality: Quality,
    pub(crate) reason: &'static str,
}

impl Flag {
    fn suspect(reason: &'static str) -> Self {
        Self { quality: Quality::Suspect, reason }
    }

    fn low_confidence(reason: &'static str) -> Self {
        Self { quality: Quality::LowConfidence, reason }
    }
}
