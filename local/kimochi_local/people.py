"""Two parents and an operator: made once per stack, signed in afresh at each `make up`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

from . import cloud
from .place import RUN

# For a user pool that lives in this machine's memory.
PASSWORD = "kimochi-Mikke-2026"
AUTHENTICATOR = RUN / "authenticator.json"


def sign_in_parent(outputs: dict[str, str], name: str) -> str:
    """An access token of a parent."""
    pool = UserPool(outputs["ParentsPoolId"], outputs["ParentsClientId"])
    return pool.sign_in(f"{name}@example.com")


def short_sign_in_parent(outputs: dict[str, str], name: str) -> str:
    """An access token of the same parent that expires after a second: what a gateway has to refuse."""
    pool = UserPool(outputs["ParentsPoolId"], outputs["ParentsClientId"])
    with pool.tokens_for_a_second():
        return pool.sign_in(f"{name}@example.com")


def sign_in_operator(outputs: dict[str, str], name: str) -> str:
    """An access token of an operator, who needs a second factor."""
    pool = UserPool(outputs["OperatorsPoolId"], outputs["OperatorsClientId"])
    return pool.sign_in(f"{name}@example.com")


class UserPool:
    def __init__(self, pool_id: str, client_id: str) -> None:
        self._client = cloud.client("cognito-idp")
        self._pool = {"UserPoolId": pool_id}
        self._app = {**self._pool, "ClientId": client_id}

    def sign_in(self, email: str) -> str:
        """Makes the user when there is none yet, and goes through every challenge of the pool."""
        self._ensure(email)
        answer = self._client.admin_initiate_auth(
            **self._app,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
        )
        match answer.get("ChallengeName"):
            case "MFA_SETUP":
                answer = self._set_up_authenticator(email, answer["Session"])
            case "SOFTWARE_TOKEN_MFA":
                answer = self._enter_code(email, answer["Session"])
        return answer["AuthenticationResult"]["AccessToken"]

    @contextmanager
    def tokens_for_a_second(self) -> Iterator[None]:
        """Shorter than Cognito itself would allow; the emulator does not mind."""
        validity = ("AccessTokenValidity", "TokenValidityUnits")
        app = self._client.describe_user_pool_client(**self._app)["UserPoolClient"]
        before = {name: app[name] for name in validity}
        units = before["TokenValidityUnits"] | {"AccessToken": "seconds"}
        self._client.update_user_pool_client(**self._app, AccessTokenValidity=1, TokenValidityUnits=units)
        try:
            yield
        finally:
            self._client.update_user_pool_client(**self._app, **before)

    def _ensure(self, email: str) -> None:
        try:
            self._client.admin_create_user(
                **self._pool,
                Username=email,
                TemporaryPassword=PASSWORD,
                MessageAction="SUPPRESS",
                UserAttributes=[
                    {"Name": "email", "Value": email},
                    {"Name": "email_verified", "Value": "true"},
                ],
            )
        except self._client.exceptions.UsernameExistsException:
            return
        self._client.admin_set_user_password(**self._pool, Username=email, Password=PASSWORD, Permanent=True)

    def _set_up_authenticator(self, email: str, session: str) -> dict:
        given = self._client.associate_software_token(Session=session)
        AUTHENTICATOR.write_text(json.dumps({email: given["SecretCode"]}))
        verified = self._client.verify_software_token(
            Session=given["Session"], UserCode=one_time_code(given["SecretCode"])
        )
        return self._client.admin_respond_to_auth_challenge(
            **self._app,
            ChallengeName="MFA_SETUP",
            Session=verified["Session"],
            ChallengeResponses={"USERNAME": email},
        )

    def _enter_code(self, email: str, session: str) -> dict:
        secret = json.loads(AUTHENTICATOR.read_text())[email]
        return self._client.admin_respond_to_auth_challenge(
            **self._app,
            ChallengeName="SOFTWARE_TOKEN_MFA",
            Session=session,
            ChallengeResponses={"USERNAME": email, "SOFTWARE_TOKEN_MFA_CODE": one_time_code(secret)},
        )


def one_time_code(secret: str) -> str:
    """What an authenticator app would show now (RFC 6238: SHA-1, 30 seconds, six digits)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 0xF
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFF_FFFF
    return f"{number % 1_000_000:06}"
