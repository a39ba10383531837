from pathlib import Path

import pytest

from chat3_user.config import Config, ConfigError
from chat3_user.idempotency.place import IN_MEMORY, check_database, database

ONE, TWO = Config(tenant_api_url="http://one"), Config(tenant_api_url="http://two")


def test_the_settings_decide() -> None:
    assert database(Config(idempotency_database="/x/keys.db")) == "/x/keys.db"


def test_a_platform_in_memory_keeps_its_keys_there() -> None:
    assert database(Config(demo=True)) == IN_MEMORY
    assert database(Config(demo=True, demo_database="/x/demo.db")) != IN_MEMORY


def test_each_platform_has_a_file_in_the_state_folder() -> None:
    systemd = {"STATE_DIRECTORY": "/var/lib/chat3:/var/lib/other", "XDG_STATE_HOME": "/home/state"}
    assert database(ONE, systemd) != database(TWO, systemd)
    assert Path(database(ONE, systemd)).parent == Path("/var/lib/chat3")
    user = {"XDG_STATE_HOME": "/home/state"}
    assert Path(database(ONE, user)).parent == Path("/home/state/chat3-user-service")


def test_a_file_that_cannot_be_written_is_told_by_its_variable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = Config(idempotency_database=str(tmp_path / "file" / "keys.db"))
    with pytest.raises(ConfigError, match="IDEMPOTENCY_DATABASE"):
        check_database(config)


def test_a_file_that_can_be_written_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.db"
    check_database(Config(idempotency_database=str(path)))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
