//! What a function's environment says about its database.

use std::str::FromStr;

use aws_types::SdkConfig;
use kimochi_environment::Environment;

use crate::{Auth, DatabaseSettings};

/// Where the database is, and who a function is to it.
///
/// | variable | default | template parameter |
/// |---|---|---|
/// | `DATABASE_URL` | – | `DatabaseUrl` |
/// | `DATABASE_ROLE` | – | fixed for each function |
/// | `DATABASE_AUTH` | `iam` | `DatabaseAuth` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseConfig {
    url: String,
    role: String,
    auth: DatabaseAuth,
}

/// The value of `DATABASE_AUTH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DatabaseAuth {
    /// `iam`: on AWS.
    Iam,
    /// `none`: on a laptop, where the server trusts its socket.
    None,
}

impl DatabaseConfig {
    /// Reads the variables above; what is wrong with them is told by [`Environment::check`].
    pub fn from_env(environment: &mut Environment) -> Self {
        Self {
            url: environment.required("DATABASE_URL"),
            role: environment.required("DATABASE_ROLE"),
            auth: environment.parsed_or("DATABASE_AUTH", DatabaseAuth::Iam),
        }
    }

    /// Completed with the function's name, by which operators see its connections, and its region and credentials.
    ///
    /// # Panics
    /// When `iam` meets settings without credentials: connecting without proof instead would go unnoticed.
    pub fn settings<'a>(&'a self, function: &'a str, aws: &SdkConfig) -> DatabaseSettings<'a> {
        let auth = match self.auth {
            DatabaseAuth::None => Auth::None,
            DatabaseAuth::Iam => Auth::Iam {
                region: aws.region().map(ToString::to_string).unwrap_or_default(),
                credentials: aws.credentials_provider().expect("a function has credentials"),
            },
        };
        DatabaseSettings { url: &self.url, role: &self.role, auth, application_name: function }
    }
}

impl FromStr for DatabaseAuth {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "iam" => Ok(Self::Iam),
            "none" => Ok(Self::None),
            _ => Err("must be iam or none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_types::region::Region;

    use super::*;

    #[test]
    fn iam_is_the_default_and_needs_to_be_switched_off() {
        for (auth, is_iam) in [("", true), ("iam", true), ("none", false)] {
            let config = config(auth).unwrap();

            let settings = config.settings("presign", &aws());

            assert_eq!(
                matches!(settings.auth, Auth::Iam { ref region, .. } if region == "ap-northeast-1"),
                is_iam
            );
            assert_eq!((settings.role, settings.application_name), ("kimochi_api", "presign"));
        }
    }

    #[test]
    fn any_other_way_to_sign_in_is_a_mistake() {
        assert!(config("password").unwrap_err().contains("DATABASE_AUTH"));
    }

    fn config(auth: &'static str) -> Result<DatabaseConfig, String> {
        let mut environment = Environment::from_lookup(move |name| {
            let value = match name {
                "DATABASE_URL" => "postgresql://db.example/kimochi",
                "DATABASE_ROLE" => "kimochi_api",
                _ => auth,
            };
            Some(value.to_owned())
        });
        let config = DatabaseConfig::from_env(&mut environment);
        environment.check(config).map_err(|error| error.to_string())
    }

    fn aws() -> SdkConfig {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        SdkConfig::builder()
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }
}
