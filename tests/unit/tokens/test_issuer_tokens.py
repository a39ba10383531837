"""Tokens of a customer's issuer: its keys and the allowed algorithms decide, then the claims."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe, jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_user.errors import CallError
from chat3_user.tokens import Bearer, UserTokens
from chat3_user.tokens.bearer import LEEWAY
from chat3_user.tokens.issuer import ALGORITHMS, Accepted, IssuerTokens
from chat3_user.tokens.issuer_keys import IssuerKeys
from chat3_user.tokens.key_set import KeySetError, public_keys
from chat3_user.validation import Identity
from support.gateway import KEY, TENANT
from support.tokens import AUDIENCE, ISSUER, Issuer, segment, token

RSA: Final = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
HIDDEN: Final = 9_999_999_999


async def tokens(issuer: Issuer, **changed: Any) -> UserTokens:
    accepted: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "algorithms": ("ES256",),
        "tenant_claim": "tenant_id",
        "user_claim": "sub",
        "tenants": (),
        "api_key": KEY,
        **changed,
    }

    async def document() -> bytes:
        return issuer.document()

    keys = IssuerKeys(document, lambda _: None)
    await keys.open()
    await keys.close()
    return UserTokens(None, IssuerTokens(Accepted(**accepted), keys, time.time))


async def proved(issuer: Issuer, text: str, **changed: Any) -> Bearer:
    return await (await tokens(issuer, **changed)).read(text)


async def refused(issuer: Issuer, text: str, **changed: Any) -> CallError:
    with pytest.raises(CallError) as caught:
        await proved(issuer, text, **changed)
    assert len(text) < 20 or text not in str(caught.value)
    return caught.value


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


async def test_a_signed_token_proves_whom_its_claims_name(issuer: Issuer) -> None:
    bearer = await proved(issuer, issuer.signed(exp=HIDDEN))
    assert bearer == Bearer(Identity(KEY, TENANT, "alice"), HIDDEN)
    assert bearer.identity.user_proved
    assert KEY not in repr(bearer)


async def test_the_claims_may_have_other_names(issuer: Issuer) -> None:
    named = issuer.signed(**{"https://example.com/tenant": "TNT_two", "uid": "Bob", "sub": 7})
    bearer = await proved(
        issuer, named, tenant_claim="https://example.com/tenant", user_claim="uid"
    )
    assert bearer.identity == Identity(KEY, "tnt_two", "bob")


async def test_every_algorithm_that_may_be_allowed_works(issuer: Issuer) -> None:
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    for algorithm in ALGORITHMS:
        parameters = {"kid": algorithm}
        if algorithm in curves:
            issuer.keys[algorithm] = ECKey.generate_key(curves[algorithm], parameters)
        elif algorithm == "Ed25519":
            issuer.keys[algorithm] = OKPKey.generate_key("Ed25519", parameters)
        else:
            issuer.keys[algorithm] = RSAKey.import_key(RSA.as_dict(private=True), parameters)
        text = issuer.signed(by=algorithm, head={"alg": algorithm})
        assert await proved(issuer, text, algorithms=(algorithm,))
        others = tuple(set(ALGORITHMS) - {algorithm})
        assert (await refused(issuer, text, algorithms=others)).reason is Reason.TOKEN_INVALID


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "", "HS256", "dir", None, 7])
async def test_no_algorithm_and_symmetric_ones_are_refused(
    issuer: Issuer, algorithm: object
) -> None:
    _, claims, signature = issuer.signed().split(".")
    # A key that is not known is not even looked for.
    for id_ in ("one", "unknown"):
        head = segment({"alg": algorithm, "kid": id_})
        for end in (signature, "AA", ""):
            failure = await refused(issuer, f"{head}.{claims}.{end}")
            assert failure.reason is Reason.TOKEN_INVALID


async def test_a_public_key_is_no_secret_that_signs(issuer: Issuer) -> None:
    issuer.keys["rsa"] = RSA
    claims = issuer.signed().split(".")[1]
    said = {"alg": "HS256", "kid": "rsa"}
    for secret in (RSA.as_pem(private=False), json.dumps(RSA.as_dict(private=False)).encode()):
        text = f"{segment(said)}.{claims}"
        signature = urlsafe_b64encode(hmac.digest(secret, text.encode(), "sha256"))
        forged = f"{text}.{signature.decode().rstrip('=')}"
        for algorithms in (("RS256",), ("RS256", "ES256")):
            failure = await refused(issuer, forged, algorithms=algorithms)
            assert failure.reason is Reason.TOKEN_INVALID


async def test_a_key_serves_its_own_algorithm_alone(issuer: Issuer) -> None:
    issuer.keys["rsa"] = RSAKey.import_key(RSA.as_dict(private=True), {"kid": "rsa"})
    by_another = issuer.signed(by="rsa", head={"alg": "PS256"})
    assert await proved(issuer, by_another, algorithms=ALGORITHMS)
    named = {"kid": "rsa", "alg": "RS256"}
    issuer.keys["rsa"] = RSAKey.import_key(RSA.as_dict(private=True), named)
    for text in (by_another, issuer.signed(head={"kid": "rsa"})):
        failure = await refused(issuer, text, algorithms=ALGORITHMS)
        assert failure.reason is Reason.TOKEN_INVALID


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c", "crit", "b64", "zip"])
async def test_a_head_that_brings_its_own_key_or_rules_is_refused(
    issuer: Issuer, name: str
) -> None:
    value: dict[str, Any] = {
        "jku": "https://evil.example.com/keys",
        "x5u": "https://evil.example.com/chain",
        "jwk": issuer.keys["one"].as_dict(private=False),
        "x5c": ["AAAA"],
        "crit": ["exp"],
        "b64": True,
        "zip": "DEF",
    }
    failure = await refused(issuer, issuer.signed(head={name: value[name]}))
    assert failure.reason is Reason.TOKEN_INVALID


@pytest.mark.parametrize("id_", ["", "o" * 256, None, 1, ["one"], {"one": 1}])
async def test_an_id_that_is_none_is_refused(issuer: Issuer, id_: object) -> None:
    failure = await refused(issuer, issuer.signed(head={"kid": id_}))
    assert failure.reason is Reason.TOKEN_INVALID


@pytest.mark.parametrize("id_", ["two", "../one", "one\x00", "ONE", " one"])
async def test_an_id_is_looked_up_and_nothing_else(issuer: Issuer, id_: str) -> None:
    failure = await refused(issuer, issuer.signed(head={"kid": id_}))
    assert failure.reason is Reason.TOKEN_KEY_UNKNOWN


async def test_a_token_of_another_key_under_the_same_id_is_refused(issuer: Issuer) -> None:
    assert (await refused(issuer, Issuer().signed())).reason is Reason.TOKEN_INVALID


@pytest.mark.parametrize(
    ("claims", "because"),
    [
        ({"iss": "https://other.example.com/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"iss": [ISSUER]}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": ["another", 7]}, "audience"),
        ({"aud": {AUDIENCE: 1}}, "audience"),
        ({"tenant_id": "tnt_other"}, "tenant"),
    ],
)
async def test_a_token_for_somebody_else_is_not_accepted(
    issuer: Issuer, claims: dict[str, Any], because: str
) -> None:
    failure = await refused(issuer, issuer.signed(**claims), tenants=(TENANT,))
    assert failure.reason is Reason.TOKEN_NOT_ACCEPTED
    assert failure.metadata == {"because": because}


async def test_one_of_several_audiences_is_enough(issuer: Issuer) -> None:
    assert await proved(issuer, issuer.signed(aud=["another", AUDIENCE]))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"nbf": "now"},
        {"iat": []},
        {"sub": None},
        {"sub": 7},
        {"sub": ""},
        {"sub": "a.b"},
        {"sub": "*"},
        {"sub": "a" * 101},
        {"tenant_id": None},
        {"tenant_id": ""},
        {"tenant_id": "a b"},
        {"tenant_id": ["tnt_one"]},
        {"tenant_id": "t" * 21},
    ],
)
async def test_claims_that_cannot_be_meant_are_refused(
    issuer: Issuer, claims: dict[str, Any]
) -> None:
    assert (await refused(issuer, issuer.signed(**claims))).reason is Reason.TOKEN_INVALID


async def test_times_are_those_of_this_clock_with_a_leeway_at_the_beginning(issuer: Issuer) -> None:
    now = time.time()
    assert await proved(issuer, issuer.signed(nbf=now + LEEWAY - 5, iat=now + LEEWAY - 5))
    for early in ({"nbf": now + LEEWAY + 60}, {"iat": now + LEEWAY + 60}):
        failure = await refused(issuer, issuer.signed(**early))
        assert failure.reason is Reason.TOKEN_NOT_YET_VALID
    for late in (now, now - 1, 0, -1e300, -(10**400)):
        assert (await refused(issuer, issuer.signed(exp=late))).reason is Reason.TOKEN_EXPIRED
    for never in (1e300, 10**400):
        text = issuer.signed(exp=never)
        assert (await proved(issuer, text)).expires_at < float("inf")


async def test_claims_that_are_no_object_are_refused(issuer: Issuer) -> None:
    for payload in (b"", b"[]", b"7", b"\xff", b"[" * 2000, b'{"iss":'):
        text = jws.serialize_compact({"alg": "ES256", "kid": "one"}, payload, issuer.keys["one"])
        assert (await refused(issuer, text)).reason is Reason.TOKEN_INVALID


async def test_a_sealed_token_is_refused_where_only_an_issuer_is_accepted(issuer: Issuer) -> None:
    assert (await refused(issuer, token())).reason is Reason.TOKEN_INVALID
    key = OctKey.generate_key(256)
    sealed = jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM", "kid": "one"}, "{}", key)
    assert (await refused(issuer, sealed)).reason is Reason.TOKEN_INVALID


def test_only_keys_that_check_signatures_are_taken() -> None:
    good = ECKey.generate_key("P-256", {"kid": "good"}).as_dict(private=False)
    with pytest.warns(SecurityWarning, match="2048"):
        weak = RSAKey.generate_key(1024, {"kid": "weak"})
    left_out: list[Any] = [
        OctKey.generate_key(256, {"kid": "symmetric"}).as_dict(private=True),
        ECKey.generate_key("P-256", {"kid": "for encryption", "use": "enc"}).as_dict(private=False),
        weak.as_dict(private=False),
        {**good, "kid": 7},
        {name: value for name, value in good.items() if name != "kid"},
        {"kty": "EC", "kid": "half", "crv": "P-256", "x": good["x"]},
        {"kty": "EC", "kid": "off the curve", "crv": "P-256", "x": good["x"], "y": good["x"]},
        {"kty": "AKP", "kid": "unknown"},
        {"kty": ["EC"], "kid": "list"},
        {},
    ]
    assert set(public_keys(json.dumps({"keys": [*left_out, good]}).encode())) == {"good"}
    for document in (json.dumps({"keys": left_out}), '{"keys": 7}', "[]", "", "<html>", "[" * 9999):
        with pytest.raises(KeySetError):
            public_keys(document.encode())


ISSUED: Final = Issuer()
TEXT: Final = ISSUED.signed()


@given(
    st.lists(
        st.tuples(
            st.integers(0, 400), st.integers(0, 60), st.text("AZaz09-_.=\x00 é", max_size=40)
        ),
        min_size=1,
        max_size=4,
    )
)
async def test_no_mutation_of_a_signed_token_crashes(changes: list[tuple[int, int, str]]) -> None:
    mutated = TEXT
    for start, length, text in changes:
        mutated = mutated[:start] + text + mutated[start + length :]
    if mutated == TEXT:
        return
    failure = await refused(ISSUED, mutated)
    assert failure.reason in {Reason.TOKEN_INVALID, Reason.TOKEN_KEY_UNKNOWN}
