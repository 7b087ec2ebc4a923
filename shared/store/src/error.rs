//! What can go wrong between us and the database, and whether it may pass.

use std::io;

use kimochi_domain::Transient;
use tokio_postgres::error::SqlState;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings make no connection possible.
    #[error("invalid database settings: {0}")]
    Settings(String),
    /// No credentials to sign an IAM token with.
    #[error("no AWS credentials to sign in to the database with")]
    Credentials(#[source] aws_credential_types::provider::error::CredentialsError),
    /// The database did not answer in time.
    #[error("the database did not answer within {0} seconds")]
    Timeout(u64),
    /// The connection gave no sign of life.
    #[error("the database connection gave no sign of life")]
    Asleep,
    /// The one connection is in use, and stays so: a caller asked for a second one.
    #[error("the one database connection of this process is in use")]
    Busy,
    /// The database refused a statement, or the connection broke.
    #[error("database statement failed")]
    Postgres(#[from] tokio_postgres::Error),
    /// The parent has left the service: nothing is theirs any more.
    #[error("the family has left the service")]
    FamilyLeft,
    /// A row holds what no release of ours writes.
    #[error("column {column} holds an unknown value")]
    Corrupt {
        /// Where it is.
        column: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A migration could not be applied.
    #[error("migration failed")]
    Migration(#[from] refinery::Error),
}

impl Error {
    /// Whether the database refused a statement because of the constraint of this name.
    pub(crate) fn violates(&self, constraint: &str) -> bool {
        let Self::Postgres(error) = self else { return false };
        error.as_db_error().and_then(|error| error.constraint()) == Some(constraint)
    }
}

impl Transient for Error {
    /// Whether the same call may well succeed a little later: connection trouble, a restart or fail-over,
    /// too many connections, a deadlock, a statement that took too long. Everything else is a mistake of
    /// ours, which no repetition heals.
    fn is_transient(&self) -> bool {
        match self {
            Self::Timeout(_) | Self::Asleep | Self::Credentials(_) => true,
            Self::Postgres(error) => is_transient(error),
            Self::Migration(error) => {
                let cause = std::error::Error::source(error);
                cause.and_then(|cause| cause.downcast_ref()).is_some_and(is_transient)
            }
            Self::Settings(_) | Self::Busy | Self::FamilyLeft | Self::Corrupt { .. } => false,
        }
    }

    fn is_gone(&self) -> bool {
        matches!(self, Self::FamilyLeft)
    }
}

fn is_transient(error: &tokio_postgres::Error) -> bool {
    if let Some(state) = error.code() {
        return is_transient_state(state);
    }
    let cause = std::error::Error::source(error);
    error.is_closed() || cause.and_then(|cause| cause.downcast_ref()).is_some_and(is_transient_io)
}

/// By class, the first two characters (PostgreSQL manual, appendix A).
fn is_transient_state(state: &SqlState) -> bool {
    match state.code().get(..2) {
        // connection exception · transaction rollback (serialization, deadlock) · insufficient resources ·
        // operator intervention (restart, cancelled by statement_timeout) · system error
        Some("08" | "40" | "53" | "57" | "58") => true,
        _ => {
            *state == SqlState::LOCK_NOT_AVAILABLE || *state == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        }
    }
}

/// A certificate that does not fit arrives as an I/O error, too, and will not fit the next time either.
fn is_transient_io(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_restart_or_load_causes_is_transient() {
        for code in ["08006", "40001", "40P01", "53300", "57014", "57P01", "57P03", "55P03", "25P03"] {
            assert!(is_transient_state(&SqlState::from_code(code)), "{code}");
        }
    }

    #[test]
    fn a_mistake_of_ours_is_not() {
        for code in ["23505", "23514", "28000", "3D000", "42501", "42601", "42P01"] {
            assert!(!is_transient_state(&SqlState::from_code(code)), "{code}");
        }
    }
}
