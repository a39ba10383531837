"""The setting TOKEN_KEYS: read strictly, and never repeated."""

import subprocess
from base64 import b64encode, urlsafe_b64encode

import pytest

from chat3_user.config import composed
from chat3_user.process.token_keys import with_token_keys
from chat3_user.settings import ConfigError
from chat3_user.tokens.keyring import made_up, token_keys

SECRET = bytes(range(220, 252))
STANDARD = b64encode(SECRET).decode()


def test_keys_are_read_in_their_order() -> None:
    text = f"new:{STANDARD},old:{b64encode(b'o' * 32).decode()}"
    for spelled in (text, text.replace(",", " "), text.replace(",", ",\n") + ","):
        assert [key.id for key in token_keys(spelled)] == ["new", "old"]
    assert token_keys("") == ()


@pytest.mark.parametrize(
    "spelled", [STANDARD, STANDARD.rstrip("="), urlsafe_b64encode(SECRET).decode()]
)
def test_both_alphabets_of_base64_are_one_key(spelled: str) -> None:
    (key,) = token_keys(f"a:{spelled}")
    assert key.key.raw_value == SECRET


def test_what_openssl_prints_is_a_key() -> None:
    printed = subprocess.run(
        ["openssl", "rand", "-base64", "32"], capture_output=True, text=True, check=True
    )
    assert token_keys(f"2026-11:{printed.stdout}")


@pytest.mark.parametrize(
    "text",
    [
        STANDARD,
        f":{STANDARD}",
        f"a b:{STANDARD}",
        f"{'a' * 33}:{STANDARD}",
        f"a:{STANDARD},a:{STANDARD}",
        f"a:{b64encode(SECRET[:31]).decode()}",
        f"a:{b64encode(SECRET * 2).decode()}",
        f"a:{STANDARD}!",
        f"é:{STANDARD}",
        "a:",
    ],
)
def test_a_wrong_key_is_told_by_its_number_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        token_keys(text)
    assert str(caught.value).startswith("TOKEN_KEYS: key ")
    assert STANDARD[:20] not in str(caught.value)


def test_a_demo_makes_keys_up_once_for_all_its_workers(caplog: pytest.LogCaptureFixture) -> None:
    config = with_token_keys(composed(demo=True))
    (key,) = token_keys(config.tokens.keys)
    assert key.id.startswith("demo-")
    assert with_token_keys(config) is config
    assert "TOKEN_KEYS made up" in caplog.text
    assert config.tokens.keys.partition(":")[2] not in caplog.text + repr(config)


def test_keys_that_are_set_are_kept_and_a_service_that_is_no_demo_gets_none() -> None:
    given = composed(demo=True, token_keys=made_up())
    assert with_token_keys(given) is given
    real = composed(tenant_api_url="http://t", rabbitmq_url="amqp://r")
    assert with_token_keys(real) is real
