"""Settings: by environment and flag, checked at the start, printed without secrets."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from chat3_user.config import SETTINGS, Config, altered, load, masked, parse
from chat3_user.settings import ConfigError
from support.patience import HANGS

DEMO = {"DEMO": "true"}
NAMES = tuple(SETTINGS)
HINTS = {name: get_args(setting.rule)[0] for name, setting in SETTINGS.items()}
# A value that keeps the rule and differs from the default.
OTHER: dict[str, str] = {
    "tenant_api_health_path": "/health",
    "tenant_api_url": "http://t:3000",
    "rabbitmq_url": "amqp://r/",
    "redis_url": "redis://h/0",
    "log_format": "json",
    "log_level": "debug",
    "demo": "true",
    "cors_origins": "https://chat.example.com",
    "idempotency_on_store_failure": "write",
    "token_keys": "two:" + "b3Ro" * 10 + "b3Q=",
    "token_issuer_algorithms": "ES256",
    "token_issuer_keys": "https://issuer.example.com/keys",
}
ISSUER = {
    "TOKEN_ISSUER": "https://issuer.example.com/",
    "TOKEN_ISSUER_KEYS": "/keys.json",
    "TOKEN_ISSUER_AUDIENCE": "chat",
    "TOKEN_ISSUER_API_KEY": "key",
}
"""What makes settings of an issuer complete."""


def other(name: str) -> str:
    if name.startswith("rate_limit_") or name == "refused_keys_per_address":
        return "7/minute"
    if name in OTHER:
        return OTHER[name]
    default = SETTINGS[name].default
    if HINTS[name] is bool:
        return "true"
    if HINTS[name] is int:
        return str(default + 1)
    if HINTS[name] is float:
        return str(default * 2 if default > 1 else default / 2)
    return "something"


def lone(name: str) -> bool:
    """Return whether a setting may be changed without changing another."""
    return "tls" not in name and name != "workers"


def test_settings_may_be_files_with_the_names_of_their_variables(tmp_path: Path) -> None:
    (tmp_path / "RABBITMQ_URL").write_text("amqp://chat3:password@file/\n")
    (tmp_path / "REDIS_URL").write_text("redis://file/0\n")
    (tmp_path / "TOKEN_KEYS").write_text("\n")
    (tmp_path / "of_somebody_else").write_text("x")
    beside = {"TENANT_API_URL": "http://t:3000", "REDIS_URL": "redis://variable/0"}
    for folder in ("SECRETS_DIRECTORY", "CREDENTIALS_DIRECTORY"):
        config = load({**beside, folder: str(tmp_path)}, {})
        assert config.rabbitmq.url == "amqp://chat3:password@file/"
        assert config.redis.url == "redis://variable/0"
        assert not config.tokens.keys


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    assert "SECRETS_DIRECTORY: /nowhere is not a folder" in refused(
        {**DEMO, "SECRETS_DIRECTORY": "/nowhere"}
    )
    (tmp_path / "TOKEN_KEYS").mkdir()
    (tmp_path / "REDIS_URL").write_bytes(b"\xff")
    told = refused({**DEMO, "SECRETS_DIRECTORY": str(tmp_path)})
    assert f"SECRETS_DIRECTORY: cannot read {tmp_path}/TOKEN_KEYS: Is a directory" in told
    assert f"SECRETS_DIRECTORY: cannot read {tmp_path}/REDIS_URL: not text" in told


def test_only_what_differs_from_the_defaults_is_told_at_the_start() -> None:
    environment = {
        **DEMO,
        "LOG_FORMAT": "json",
        "STREAMS_PER_USER": "20",
        "RABBITMQ_URL": "amqp://chat3:password@r/",
        "TOKEN_KEYS": OTHER["token_keys"],
    }
    assert altered(load(environment, {})) == {
        "DEMO": True,
        "LOG_FORMAT": "json",
        "RABBITMQ_URL": "amqp://chat3:***@r/",
        "TOKEN_KEYS": "***",
    }


def refused(environment: dict[str, str], **flags: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(environment, flags)
    return str(caught.value)


@pytest.mark.parametrize("name", [name for name in NAMES if lone(name)])
def test_every_setting_comes_by_variable_and_by_flag(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in NAMES:
        monkeypatch.delenv(variable.upper(), raising=False)
    beside = {**DEMO, **(ISSUER if name.startswith("token_issuer") else {})}
    for variable, given in beside.items():
        monkeypatch.setenv(variable, given)
    monkeypatch.delenv(name.upper(), raising=False)
    value = other(name)
    expected = msgspec.convert(value, HINTS[name], strict=False)
    assert SETTINGS[name].of(load({**beside, name.upper(): value}, {})) == expected
    flag = f"--{name.replace('_', '-')}"
    arguments = [flag] if HINTS[name] is bool else [flag, value]
    config, print_only = parse(["--demo", *arguments])
    assert SETTINGS[name].of(config) == expected
    assert not print_only


def described(part: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield where in ``part`` there are fields that an operator may set."""
    rules = get_type_hints(type(part), include_extras=True)
    for field in fields(part):
        value = getattr(part, field.name)
        if is_dataclass(value):
            yield from described(value, *path, field.name)
        elif hasattr(rules[field.name], "__metadata__"):
            yield (*path, field.name)


def test_every_setting_of_a_part_has_one_variable() -> None:
    named = [tuple(setting.path) for setting in SETTINGS.values()]
    assert sorted(named) == sorted(described(Config()))


def test_a_flag_wins_over_the_environment() -> None:
    assert load({**DEMO, "GRPC_PORT": "1"}, {"grpc_port": "2"}).server.port == 2


def test_an_empty_variable_counts_as_absent() -> None:
    assert load({**DEMO, "GRPC_PORT": ""}, {}).server.port == 50051


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRPC_PORT", "65536"),
        ("GRPC_PORT", "many"),
        ("GRPC_PORT", "1.5"),
        ("OPS_PORT", "-1"),
        ("STREAM_MAX_AGE", "0"),
        ("STREAM_MAX_AGE", "long"),
        ("STREAM_MAX_AGE", "inf"),
        ("DEFAULT_DEADLINE", "1e999"),
        ("SHUTDOWN_GRACE", "nan"),
        ("IDEMPOTENCY_RETENTION", "Infinity"),
        ("STREAM_BUFFER_BYTES", "1"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
        ("DEMO", "perhaps"),
        ("TENANT_API_URL", "ftp://host"),
        ("TENANT_API_URL", "tenant-api:3000"),
        ("TENANT_API_URL", "http://"),
        ("TENANT_API_URL", "http://[::1"),
        ("RABBITMQ_URL", "http://host"),
        ("RABBITMQ_URL", "amqp:///vhost"),
    ],
)
def test_a_broken_rule_names_its_variable(name: str, value: str) -> None:
    text = refused({**DEMO, name: value})
    assert text.startswith(f"{name}: ")


@pytest.mark.parametrize("missing", ["TENANT_API_URL", "RABBITMQ_URL"])
def test_what_is_required_without_the_demo_is_named(missing: str) -> None:
    given = {"TENANT_API_URL": "http://t", "RABBITMQ_URL": "amqp://r/"}
    del given[missing]
    assert refused(given) == f"{missing}: required, unless DEMO is set"
    assert load({**given, **DEMO}, {})


def test_all_broken_rules_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load(
            {"GRPC_PORT": "x", "STREAM_MAX_AGE": "inf", "REDIS_URL": "http://r"}, {"workers": "-1"}
        )
    variables = [problem.partition(":")[0] for problem in caught.value.problems]
    assert sorted(variables) == [
        *("GRPC_PORT", "RABBITMQ_URL", "REDIS_URL", "STREAM_MAX_AGE", "TENANT_API_URL", "WORKERS"),
    ]


def test_what_a_broken_setting_may_have_meant_is_not_held_against_others() -> None:
    assert refused({"DEMO": "perhaps"}).startswith("DEMO: ")
    assert "\n" not in refused({"DEMO": "perhaps"})


def test_the_error_tells_no_secret() -> None:
    assert "hunter2" not in refused({**DEMO, "RABBITMQ_URL": "http://u:hunter2@host"})


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chat3_user", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )


def test_print_config_masks_passwords() -> None:
    done = run(
        "--print-config",
        TENANT_API_URL="http://user:hunter2@tenant-api:3000",
        RABBITMQ_URL="amqp://guest:hunter2@rabbit/vhost",
        REDIS_URL="redis://:hunter2@redis/0",
    )
    assert done.returncode == 0, done.stderr
    assert "hunter2" not in done.stdout
    shown: dict[str, Any] = json.loads(done.stdout)
    assert shown["RABBITMQ_URL"] == "amqp://guest:***@rabbit/vhost"
    assert set(shown) == {name.upper() for name in NAMES}


def test_a_password_with_strange_characters_is_masked_too() -> None:
    config = load({**DEMO, "RABBITMQ_URL": "amqp://u:p%40ss%2F@host/"}, {})
    assert masked(config)["RABBITMQ_URL"] == "amqp://u:***@host/"
    plain = load({**DEMO, "RABBITMQ_URL": "amqp://host/"}, {})
    assert masked(plain)["RABBITMQ_URL"] == "amqp://host/"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://r/v?password=hunter2&heartbeat=5", "amqp://r/v?password=***&heartbeat=***"),
        ("amqp://r/v?token=hunter2&token=hunter2", "amqp://r/v?token=***&token=***"),
        ("amqp://hunter2@r/v", "amqp://***@r/v"),
        ("amqp://hunter2:@r/v", "amqp://hunter2:***@r/v"),
        ("amqp://:hunter2@r/v", "amqp://:***@r/v"),
        ("amqp://r/v?hunter2", "amqp://r/v?***"),
        ("amqp://r/v#hunter2", "amqp://r/v#***"),
        ("amqp://r/%2Fv", "amqp://r/%2Fv"),
        ("amqps://[::1]:5671/v", "amqps://[::1]:5671/v"),
    ],
)
def test_nothing_of_a_url_that_may_be_secret_is_shown(url: str, shown: str) -> None:
    assert masked(load({**DEMO, "RABBITMQ_URL": url}, {}))["RABBITMQ_URL"] == shown


def test_a_broken_setting_ends_the_process_with_2() -> None:
    done = run("--demo", "--grpc-port", "70000")
    assert done.returncode == 2
    assert done.stderr.startswith("chat3-user-service: GRPC_PORT: ")
    assert "Traceback" not in done.stderr


def test_help_lists_every_setting_with_its_variable() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in NAMES:
        assert f"--{name.replace('_', '-')}" in done.stdout
        assert name.upper() in done.stdout


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "chat.example.com", "https://chat.example.com/", "https://*.example.com"],
)
def test_an_allow_list_has_origins_alone(origin: str) -> None:
    problem = refused({**DEMO, "CORS_ORIGINS": f"https://a.example, {origin}"})
    assert "CORS_ORIGINS" in problem
    assert repr(origin) in problem
