"""The keys of our own tokens, and whose tokens are accepted besides."""

from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Without ``keys`` no token is created, and none of ours is accepted."""

    keys: Annotated[
        str,
        Meta(
            description="keys of the tokens that CreateUserToken creates, as ID:KEY,ID:KEY; the"
            " first one creates tokens, all are accepted; KEY is the output of openssl rand"
            " -base64 32; empty disables these tokens, except that DEMO generates a key"
        ),
    ] = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """Without an ``issuer`` tokens of others are not accepted."""

    issuer: Annotated[
        str,
        Meta(
            description="issuer whose signed tokens are also accepted, exactly as in the claim"
            " `iss`"
        ),
    ] = ""
    keys: Annotated[
        str,
        Meta(
            description="the issuer's JSON Web Key Set: a file, or a URL that begins with https://"
        ),
    ] = ""
    audience: Annotated[
        str, Meta(description="required value in the claim `aud` of the issuer's tokens")
    ] = ""
    algorithms: Annotated[
        str, Meta(description="signature algorithms of the issuer's tokens, separated by commas")
    ] = "RS256"
    tenant_claim: Annotated[
        str, Meta(min_length=1, description="claim of the issuer's tokens that names the tenant")
    ] = "tenant_id"
    user_claim: Annotated[
        str, Meta(min_length=1, description="claim of the issuer's tokens that names the user")
    ] = "sub"
    tenants: Annotated[
        str,
        Meta(
            description="tenants that the issuer's tokens may name, separated by commas; others"
            " are refused"
        ),
    ] = ""
    api_key: Annotated[str, Meta(description="API key for calls with the issuer's tokens")] = field(
        default="", repr=False
    )
