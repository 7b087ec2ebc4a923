//! Who is calling, as an identity provider vouches for it.

/// A signed-in person: the issuer of the token and the issuer's name for the person (`iss` and `sub`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who vouches: the URL of the identity provider.
    pub issuer: String,
    /// The provider's unchanging name for the person; no e-mail address.
    pub subject: String,
}
