//! Names that stand in rows as text, and of which another release may know more than this one.

macro_rules! name {
    ($(#[$meta:meta])* $name:ident, $pattern:literal, $is_name:expr, $invalid:ident, $detail:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(pattern = $pattern)]
        pub struct $name(String);

        #[doc = concat!("A text that is no [`", stringify!($name), "`].")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error($detail)]
        pub struct $invalid;

        impl $name {
            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $invalid;

            fn from_str(text: &str) -> Result<Self, $invalid> {
                let is_name: fn(&str) -> bool = $is_name;
                if is_name(text) { Ok(Self(text.to_owned())) } else { Err($invalid) }
            }
        }
    };
}

name! {
    /// What kind of work a run does.
    JobName, "^[a-z][a-z_]*$", is_word, InvalidJobName, "must be small letters and underscores, such as transcribe"
}
name! {
    /// What was done to what.
    AuditAction, r"^[a-z_]+\.[a-z_]+$",
    |text| text.split_once('.').is_some_and(|(subject, verb)| is_lower(subject) && is_lower(verb)),
    InvalidAuditAction, "must be two words with a dot between them, such as child.update"
}
name! {
    /// Who did it: the `sub` of an operator's token (OpenID Connect Core 1.0, 2: at most 255 ASCII characters), or a
    /// function's name.
    AuditActor, "^[!-~]{1,255}$",
    |text| (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()),
    InvalidAuditActor, "must be 1 to 255 visible ASCII characters"
}

impl JobName {
    /// The function whose log tells of such runs; `None` for a kind that this release does not know.
    pub fn function(&self) -> Option<&'static str> {
        match self.as_str() {
            "transcribe" => Some("transcribe"),
            "purge" | "orphans" | "stale" | "retention" | "seal" | "verify" | "capacity" | "misuse"
            | "watch" => Some("cleanup"),
            report if report.starts_with("report_") => Some("report"),
            _ => None,
        }
    }
}

fn is_word(text: &str) -> bool {
    is_lower(text) && !text.starts_with('_')
}

fn is_lower(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JobKind;

    #[test]
    fn every_kind_of_work_has_its_function() {
        for kind in JobKind::ALL {
            assert!(kind.as_str().parse::<JobName>().unwrap().function().is_some(), "{kind}");
        }
        assert_eq!("report_weekly".parse::<JobName>().unwrap().function(), Some("report"));
        assert_eq!("yet_to_come".parse::<JobName>().unwrap().function(), None);
    }

    #[test]
    fn what_no_row_can_hold_is_no_name() {
        for text in ["", "_a", "Purge", "a-b", "a\0", "ぱ"] {
            assert_eq!(text.parse::<JobName>(), Err(InvalidJobName), "{text}");
        }
        assert!("family.view_job_runs".parse::<AuditAction>().is_ok());
        for text in ["", "family", "family.", ".view", "a.b.c", "a.b "] {
            assert_eq!(text.parse::<AuditAction>(), Err(InvalidAuditAction), "{text}");
        }
        for text in ["", "a b", "a\0", "あ", &"a".repeat(256)] {
            assert_eq!(text.parse::<AuditActor>(), Err(InvalidAuditActor), "{text}");
        }
    }
}
