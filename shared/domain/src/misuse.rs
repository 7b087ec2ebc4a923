//! What may be a sign that somebody reads what is not for them, when there is much of it in an hour.

use crate::text_enum::text_enum;

text_enum! {
    /// What is counted for each family or operator.
    pub enum MisuseSign as "sign of misuse" {
        /// Links to the sound of recordings, by one family.
        RecordingPlay = "recording_play",
        /// Copies of all its data, by one family.
        FamilyExport = "family_export",
        /// Looks at families, by one operator.
        FamilyView = "family_view",
        /// Asking for what is another family's, or for a family that does not exist, by one family or operator.
        RefusedAccess = "refused_access",
    }
}
