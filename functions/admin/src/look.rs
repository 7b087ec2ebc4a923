//! An operator looks at a family.

use kimochi_api::{ApiError, Problem};
use kimochi_domain::{SupportReason, UserId};
use kimochi_store::OperatorTransaction;
use kimochi_store::support::{self, View, ViewedFamily};

/// Notes the look in `operator`, whose commit must come before any answer that shows what was seen. A 404 for a family that
/// does not exist; that is noted as well.
pub(crate) async fn at(
    operator: OperatorTransaction,
    id: UserId,
    view: View,
    reason: &SupportReason,
) -> Result<(OperatorTransaction, ViewedFamily), ApiError> {
    match support::look_at(&operator, id, view, reason).await? {
        Some(family) => Ok((operator, family)),
        None => {
            operator.commit().await?;
            Err(Problem::not_found("family").into())
        }
    }
}
