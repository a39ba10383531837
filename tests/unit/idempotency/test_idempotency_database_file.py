from pathlib import Path

import pytest

from chat3_user.config import composed
from chat3_user.idempotency.database_file import IN_MEMORY, check_database, database
from chat3_user.idempotency.settings import IdempotencySettings
from chat3_user.settings import ConfigError

UNSAID = IdempotencySettings()
ONE, TWO = "http://one", "http://two"


def test_the_settings_decide() -> None:
    assert database(IdempotencySettings(database="/x/keys.db"), ONE) == "/x/keys.db"


def test_a_platform_in_memory_keeps_its_keys_there() -> None:
    assert database(UNSAID, composed(demo=True).platform) == IN_MEMORY
    kept = composed(demo=True, demo_database="/x/demo.db")
    assert database(UNSAID, kept.platform) != IN_MEMORY


def test_each_platform_has_a_file_in_the_state_folder() -> None:
    systemd = {"STATE_DIRECTORY": "/var/lib/chat3:/var/lib/other", "XDG_STATE_HOME": "/home/state"}
    assert database(UNSAID, ONE, systemd) != database(UNSAID, TWO, systemd)
    assert Path(database(UNSAID, ONE, systemd)).parent == Path("/var/lib/chat3")
    user = {"XDG_STATE_HOME": "/home/state"}
    assert Path(database(UNSAID, ONE, user)).parent == Path("/home/state/chat3-user-service")


def test_a_file_that_cannot_be_written_is_told_by_its_variable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = IdempotencySettings(database=str(tmp_path / "file" / "keys.db"))
    with pytest.raises(ConfigError, match="IDEMPOTENCY_DATABASE"):
        check_database(settings, ONE)


def test_a_file_that_can_be_written_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.db"
    check_database(IdempotencySettings(database=str(path)), ONE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
