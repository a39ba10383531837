"""Settings of tokens that cannot work are refused before anything starts, by their variable."""

from pathlib import Path

import pytest

from chat3_user.config import composed, load, masked
from chat3_user.settings import ConfigError
from chat3_user.tokens.composing import check_key_file
from chat3_user.tokens.keyring import made_up
from support.tokens import Issuer

DEMO = {"DEMO": "true"}
ISSUER = {
    "TOKEN_ISSUER": "https://issuer.example.com/",
    "TOKEN_ISSUER_KEYS": "https://issuer.example.com/keys",
    "TOKEN_ISSUER_AUDIENCE": "chat",
    "TOKEN_ISSUER_API_KEY": "s3cret-key",
}


def problems(**changed: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load({**DEMO, **ISSUER, **changed}, {})
    return list(caught.value.problems)


def test_an_issuer_needs_four_settings() -> None:
    config = load({**DEMO, **ISSUER}, {})
    assert config.token_issuer.algorithms == "RS256"
    for variable in ISSUER.keys() - {"TOKEN_ISSUER"}:
        assert problems(**{variable: ""}) == [f"{variable}: required, because TOKEN_ISSUER is set"]
    assert [line.partition(":")[0] for line in problems(TOKEN_ISSUER="")] == [
        *("TOKEN_ISSUER_KEYS", "TOKEN_ISSUER_AUDIENCE", "TOKEN_ISSUER_API_KEY")
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TOKEN_ISSUER_KEYS", "http://issuer.example.com/keys"),
        ("TOKEN_ISSUER_KEYS", "ftp://issuer.example.com/keys"),
        ("TOKEN_ISSUER_KEYS", "https://"),
        ("TOKEN_ISSUER_KEYS", "http://127.0.0.1.example.com/keys"),
        ("TOKEN_ISSUER_KEYS", "https://[::1/keys"),
        ("TOKEN_ISSUER_ALGORITHMS", "none"),
        ("TOKEN_ISSUER_ALGORITHMS", "HS256"),
        ("TOKEN_ISSUER_ALGORITHMS", "RS256,HS256"),
        ("TOKEN_ISSUER_ALGORITHMS", "rs256"),
        ("TOKEN_ISSUER_ALGORITHMS", ","),
        ("TOKEN_ISSUER_TENANTS", "tnt_one,t n t"),
        ("TOKEN_ISSUER_TENANTS", "t" * 21),
        ("TOKEN_ISSUER_API_KEY", "a b"),
        ("TOKEN_KEYS", "s3cret"),
    ],
)
def test_a_setting_that_cannot_work_is_named(variable: str, value: str) -> None:
    (problem,) = problems(**{variable: value})
    assert problem.startswith(f"{variable}: ")
    assert "s3cret" not in problem


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:1/keys", "http://localhost/keys", "http://[::1]:1/k", "keys.json"]
)
def test_keys_may_come_from_this_machine(place: str) -> None:
    assert load({**DEMO, **ISSUER, "TOKEN_ISSUER_KEYS": place}, {}).token_issuer.keys == place


def test_a_key_file_is_looked_at_before_the_start(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    config = composed(token_issuer="i", token_issuer_keys=str(file)).token_issuer
    for content, told in ((None, "No such file"), (b"{}", "not a JSON Web Key Set")):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ConfigError) as caught:
            check_key_file(config)
        assert str(caught.value).startswith(f"TOKEN_ISSUER_KEYS: {file}: {told}")
    file.write_bytes(Issuer().document())
    check_key_file(config)
    check_key_file(composed(token_issuer="i", token_issuer_keys="https://h/k").token_issuer)


def test_keys_are_never_shown() -> None:
    keys = made_up()
    place = "https://user:s3cret@issuer.example.com/keys?code=s3cret"
    config = load({**DEMO, **ISSUER, "TOKEN_KEYS": keys, "TOKEN_ISSUER_KEYS": place}, {})
    shown = masked(config)
    assert shown["TOKEN_KEYS"] == shown["TOKEN_ISSUER_API_KEY"] == "***"
    for text in (str(shown), repr(config.tokens), repr(config.token_issuer)):
        assert keys.partition(":")[2] not in text
        assert ISSUER["TOKEN_ISSUER_API_KEY"] not in text
    assert "s3cret" not in str(shown)
    assert masked(load(DEMO, {}))["TOKEN_KEYS"] == ""
