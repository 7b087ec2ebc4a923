//! Reading configuration from environment variables, with every mistake reported at once.
//!
//! A crate of its own, without dependencies, so that configuration can stand beside the code that uses it: a
//! function's in its `config.rs`, the database's in `kimochi-store`.

use std::fmt::Display;
use std::str::FromStr;

type Lookup = Box<dyn Fn(&str) -> Option<String>>;

/// Reads variables by name and remembers what was wrong until [`Environment::check`].
pub struct Environment {
    lookup: Lookup,
    problems: Vec<String>,
}

/// The environment lacks something or holds something unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment: {}", problems.join("; "))]
pub struct InvalidEnvironment {
    problems: Vec<String>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// An environment from a function, for tests.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Self { lookup: Box::new(lookup), problems: Vec::new() }
    }

    /// The variable's text; `None` when it is unset or empty (CloudFormation cannot leave a variable out).
    pub fn optional(&mut self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.is_empty())
    }

    /// The variable's text; when there is none, an empty one for now, and an error from [`Self::check`].
    pub fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problems.push(format!("{name} is not set"));
            String::new()
        })
    }

    /// The variable parsed, or `default` when it is unset or empty.
    pub fn parsed_or<T>(&mut self, name: &str, default: T) -> T
    where
        T: FromStr<Err: Display>,
    {
        match self.optional(name).map(|text| text.parse()) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                self.problems.push(format!("{name}: {error}"));
                default
            }
        }
    }

    /// Records a mistake that only the caller can see.
    pub fn reject(&mut self, name: &str, problem: impl Display) {
        self.problems.push(format!("{name}: {problem}"));
    }

    /// Gives `config` when everything read so far was fine.
    ///
    /// # Errors
    /// Names everything that was missing or unusable.
    pub fn check<T>(self, config: T) -> Result<T, InvalidEnvironment> {
        if self.problems.is_empty() {
            Ok(config)
        } else {
            Err(InvalidEnvironment { problems: self.problems })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&str, &str)]) -> Environment {
        Environment::from_lookup(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn all_mistakes_are_reported_together() {
        let mut environment = environment(&[("EMPTY", ""), ("NUMBER", "twelve")]);

        environment.required("ABSENT");
        environment.required("EMPTY");
        environment.parsed_or("NUMBER", 1_u8);

        let error = environment.check(()).unwrap_err().to_string();
        for name in ["ABSENT", "EMPTY", "NUMBER"] {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let mut environment = environment(&[("EMPTY", "")]);

        assert_eq!(environment.optional("EMPTY"), None);
        assert_eq!(environment.parsed_or("EMPTY", 7), 7);
        assert!(environment.check(()).is_ok());
    }
}
