//! Signing in to RDS without a password: a token that we sign ourselves, without any request to AWS.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningError, SigningSettings, sign,
};
use aws_sigv4::sign::v4;

/// How long a token opens new connections; one that is open stays so. RDS allows no longer.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The password for `role`: a presigned `GET https://{host}:{port}/?Action=connect&DBUser={role}` without
/// its scheme, as RDS wants it.
pub(crate) fn token(
    host: &str,
    port: u16,
    role: &str,
    region: &str,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<String, SigningError> {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFETIME);
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("rds-db")
        .time(now)
        .settings(settings)
        .build()
        .expect("every parameter is given")
        .into();

    let request = format!("{host}:{port}/?Action=connect&DBUser={role}");
    let url = format!("https://{request}");
    let signable = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]))?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let (_, signed) = instructions.into_parts();

    Ok(signed
        .iter()
        .fold(request, |token, (name, value)| format!("{token}&{name}={}", percent_encoded(value))))
}

/// RFC 3986, as the signature was calculated: everything but the unreserved characters.
fn percent_encoded(value: &str) -> String {
    value.bytes().fold(String::with_capacity(value.len()), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const HOST: &str = "kimochi.abc123.ap-northeast-1.rds.amazonaws.com";

    #[test]
    fn the_token_is_the_one_that_botocore_makes() {
        let expected = "kimochi.abc123.ap-northeast-1.rds.amazonaws.com:5432/?Action=connect&DBUser=kimochi_api\
            &X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIDEXAMPLE%2F20261124%2Fap-northeast-1%2Frds-db%2Faws4_request\
            &X-Amz-Date=20261124T000006Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900\
            &X-Amz-Signature=70376cb43f2f92849fb0bc29f40a748d9c7da0567de29b76c9e143d762a59e04";

        assert_same_request(&token_of(None), expected);
    }

    #[test]
    fn the_session_token_of_a_role_is_part_of_it() {
        let expected = "kimochi.abc123.ap-northeast-1.rds.amazonaws.com:5432/?Action=connect&DBUser=kimochi_api\
            &X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIDEXAMPLE%2F20261124%2Fap-northeast-1%2Frds-db%2Faws4_request\
            &X-Amz-Date=20261124T000006Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900\
            &X-Amz-Security-Token=session%2Ftoken%2B%3D%3D\
            &X-Amz-Signature=59a3f8a0d9422fd2781725b29ee8bb32e390a164d7db9c41ec62298e55d24056";

        assert_same_request(&token_of(Some("session/token+==")), expected);
    }

    /// Expected values: botocore 1.43.106, `rds.generate_db_auth_token` at that time.
    fn token_of(session_token: Option<&str>) -> String {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            session_token.map(str::to_owned),
            None,
            "test",
        );
        let at: jiff::Timestamp = "2026-11-24T00:00:06Z".parse().unwrap();
        token(HOST, 5432, "kimochi_api", "ap-northeast-1", &credentials, at.into()).unwrap()
    }

    /// The order of the parameters is of no importance: a signature is made over the sorted ones.
    fn assert_same_request(actual: &str, expected: &str) {
        let parts = |token: &str| token.split('&').map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(parts(actual), parts(expected));
    }
}
