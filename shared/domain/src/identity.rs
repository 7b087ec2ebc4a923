//! Who is calling, as an identity provider vouches for it.

/// A signed-in person: the issuer of the token and the issuer's name for the person (`iss` and `sub`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who vouches: the URL of the identity provider.
    pub issuer: String,
    /// The provider's unchanging name for the person; no e-mail address.
    pub subject: String,
}

/// One call of a signed-in person, as the audit log remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who is calling.
    pub identity: Identity,
    /// API Gateway's id of the request.
    pub request_id: String,
    /// Where the request came from; `None` when the gateway does not tell.
    pub source_address: Option<std::net::IpAddr>,
}
