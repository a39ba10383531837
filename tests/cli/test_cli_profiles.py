"""Profiles: the config file, its rights, and which of several values counts."""

import asyncio
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_scripted_service import ScriptedService
from cli_vocabulary import Run, Running

from chat3_api.chat3.user.v1 import (
    Credential,
    CredentialKind,
    Dialog,
    GetMyselfRequest,
    GetMyselfResponse,
    GetUserDialogsRequest,
    GetUserDialogsResponse,
    UserInfo,
)
from chat3_cli.settings import config_file
from chat3_cli.settings.config_file import Config
from chat3_cli.settings.errors import SettingsError

LISTED = GetUserDialogsResponse(dialogs=[Dialog(dialog_id="dlg_1")])
KEY = "of.profile"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the config file is; the environment says nothing of the identity."""
    for name in ("CHAT3_ADDRESS", "CHAT3_TENANT", "CHAT3_API_KEY", "CHAT3_USER"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "config" / "chat3" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text, "utf-8")
    path.chmod(mode)


def profile(port: int, name: str = "work", **more: str) -> str:
    known = {"address": f"127.0.0.1:{port}", "user": "alice", "api_key": KEY} | more
    lines = [f'{key} = "{value}"\n' for key, value in known.items() if value]
    return f"[profiles.{name}]\n{''.join(lines)}"


@pytest.fixture
def work(environment: dict[str, str], config: Path, running: Running) -> Path:
    """A config file with one profile, the default."""
    assert environment
    write(config, f'default = "work"\n{profile(running.port)}')
    return config


async def test_a_profile_says_where_and_who(service: ScriptedService, run: Run, work: Path) -> None:
    service.answers[GetUserDialogsRequest] = [LISTED]
    result = await run("dialogs")
    assert (result.code, result.err) == (0, "")
    assert service.metadata[0]["x-api-key"] == KEY
    assert service.metadata[0]["x-user-id"] == "alice"
    assert work.exists()


async def test_options_go_before_the_environment_and_that_before_the_profile(
    service: ScriptedService, run: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.answers[GetMyselfRequest] = [GetMyselfResponse(user=UserInfo(user_id="carl"))]
    monkeypatch.setenv("CHAT3_USER", "bob")
    monkeypatch.setenv("CHAT3_TENANT", "tnt_env")
    result = await run("--json", "whoami", "--user", "carl")
    assert (result.code, result.err) == (0, "")
    assert service.metadata[0]["x-user-id"] == "carl"
    shown = json.loads(result.out)
    assert shown["user"] == "carl"
    assert shown["sources"] == {
        "address": "profile work",
        "tenant": "CHAT3_TENANT",
        "user": "--user",
        "api_key": "profile work",
    }
    assert KEY not in result.out
    assert work.exists()


async def test_whoami_shows_sources_also_when_the_service_refuses(run: Run, work: Path) -> None:
    result = await run("whoami")
    assert result.code != 0
    assert "address from  profile work: 127.0.0.1:" in result.out
    assert result.err.startswith("error: ")
    assert work.exists()


async def test_whoami_says_when_the_token_ends(
    service: ScriptedService,
    run: Run,
    work: Path,
    running: Running,
) -> None:
    write(work, 'default = "t"\n' + profile(running.port, "t", api_key="", user="", token="a.b"))
    ends = datetime(2099, 6, 30, 22, 30, tzinfo=UTC)
    credential = Credential(kind=CredentialKind.USER_TOKEN, expire_time=ends)
    myself = GetMyselfResponse(user=UserInfo(user_id="alice"), credential=credential)
    service.answers[GetMyselfRequest] = [myself] * 2
    shown, document = await run("whoami"), await run("--json", "whoami")
    assert " 2099-07-01 00:30 CEST, in " in shown.out
    assert json.loads(document.out)["tokenExpireTime"] == "2099-06-30T22:30:00Z"


@pytest.mark.parametrize("by", ["--profile", "CHAT3_PROFILE"])
async def test_a_profile_is_named_by_option_or_variable(
    service: ScriptedService,
    run: Run,
    work: Path,
    running: Running,
    by: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(work, work.read_text() + profile(running.port, "home", user="bob"))
    service.answers[GetUserDialogsRequest] = [LISTED]
    if by == "CHAT3_PROFILE":
        monkeypatch.setenv(by, "home")
    await run("dialogs", *([by, "home"] if by.startswith("-") else []))
    assert service.metadata[0]["x-user-id"] == "bob"


async def test_an_unknown_profile_is_named_with_those_there_are(run: Run, work: Path) -> None:
    result = await run("dialogs", "--profile", "wrok")
    assert result.code == 2
    assert "no profile 'wrok' (--profile); did you mean 'work'? (known: work)" in result.err
    assert work.exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[profiles.a]\nuser = 'x'\n[profiles.a]\nuser = 'y'\n", "profiles"),  # one name twice
        ("default = 'gone'\n", "there is no profile 'gone' (the default)"),
        ("[profiles.a]\nadress = 'x'\n", "no such setting: 'adress'; did you mean 'address'?"),
        ("[profile.a]\n", "no such setting: 'profile'; did you mean 'profiles'?"),
        ("[profiles.a]\ntls = 'yes'\n", "tls is true or false"),
        ("[profiles.a]\nuser = 5\n", "user is a text in quotes"),
        ("[profiles.a]\nkeyring = 'user'\n", "keyring is one of api_key, token"),
        ("[profiles.'a b']\n", "is no name of a profile"),
        ("profiles = 5\n", "each profile is a table"),
        ("default = 5\n", "default is the name of a profile"),
        ("[[[\n", "cannot be used"),
        ("x = " + "[" * 5000, "cannot be used"),
        ("#" * 1_100_000, "it has more than"),
    ],
)
async def test_a_config_file_that_is_wrong_is_named_with_the_reason(
    run: Run, config: Path, text: str, complaint: str
) -> None:
    write(config, text)
    for command in (["dialogs"], ["profiles"]):
        result = await run(*command)
        assert result.code == 2
        assert str(config) in result.err
        assert complaint in result.err


async def test_bytes_that_are_no_text_are_no_config(run: Run, config: Path) -> None:
    config.write_bytes(b"default = '\xff'\n")
    config.chmod(0o600)
    assert "cannot be used" in (await run("profiles")).err


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660])
async def test_a_config_that_others_may_read_is_not_used(run: Run, work: Path, mode: int) -> None:
    work.chmod(mode)
    result = await run("dialogs")
    assert result.code == 2
    assert f"run `chmod 600 {work}`" in result.err
    assert KEY not in result.err


async def test_a_folder_is_no_config_file(run: Run, config: Path) -> None:
    config.mkdir()
    result = await run("dialogs")
    assert result.code == 2
    assert f"cannot read {config}: Is a directory" in result.err


async def test_a_config_that_may_not_be_read_can_be_left_out(
    service: ScriptedService,
    environment: dict[str, str],
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    assert environment
    locked = tmp_path / "locked"
    locked.mkdir()
    monkeypatch.setenv("CHAT3_CONFIG", str(locked))
    assert "CHAT3_CONFIG= goes without" in (await run("dialogs")).err
    monkeypatch.setenv("CHAT3_CONFIG", "")
    service.answers[GetUserDialogsRequest] = [LISTED]
    assert (await run("dialogs")).code == 0
    assert "no place for a config file" in (await run("profiles", "use", "x")).err


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/chat3/config.toml"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/h"}, "/h/.config/chat3/config.toml"),
        ({"HOME": "/h"}, "/h/.config/chat3/config.toml"),
        ({"HOME": "/h", "CHAT3_CONFIG": "/c"}, "/c"),
    ],
)
def test_the_config_file_is_where_xdg_says(environ: dict[str, str], path: str) -> None:
    assert config_file.path(environ) == Path(path)


def test_without_a_home_there_is_no_config_file() -> None:
    assert config_file.path({}) is None
    assert config_file.load(None) == Config()


async def test_profiles_are_listed_without_their_secrets(
    run: Run, work: Path, running: Running
) -> None:
    write(
        work,
        work.read_text()
        + profile(running.port, "file", api_key="", api_key_file="/k")
        + profile(running.port, "ring", api_key="", keyring="token"),
    )
    listed = (await run("profiles")).out
    assert KEY not in listed
    rows = listed.splitlines()
    assert rows[1].startswith("*  work")
    assert rows[1].endswith("API key in the config file")
    assert rows[2].endswith("API key in /k")
    assert rows[3].endswith("token in the keyring")
    assert (await run("profiles", "--names")).out == "work\nfile\nring\n"
    first = json.loads((await run("profiles", "--json")).out.splitlines()[0])
    assert first == {
        "profile": "work",
        "default": True,
        "address": f"127.0.0.1:{running.port}",
        "user": "alice",
    }


async def test_no_profiles_say_what_to_do(run: Run, config: Path) -> None:
    result = await run("profiles")
    assert (result.code, result.out) == (0, "")
    assert "`chat3 login`" in result.err
    assert not config.exists()


async def test_a_profile_is_made_the_default_and_removed(
    run: Run, work: Path, running: Running
) -> None:
    write(work, work.read_text() + profile(running.port, "home"))
    assert (await run("profiles", "use", "home")).out == "profile home is the default\n"
    assert config_file.load(work).default == "home"
    assert (await run("profiles", "remove", "home")).code == 0
    left = config_file.load(work)
    assert (left.default, list(left.profiles)) == ("", ["work"])
    assert stat.S_IMODE(work.stat().st_mode) == 0o600
    for command in ("use", "remove"):
        result = await run("profiles", command, "home")
        assert result.code == 2
        assert "there is no profile 'home'" in result.err


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    place = tmp_path / "new" / "config.toml"
    strange = 'ключ "🎉" \\ \x7f\t\n€'
    with config_file.changing(place) as config:
        config["profiles"]["a.b-c_1"] = {"user": strange, "tls": True}
        config["default"] = "a.b-c_1"
    assert config_file.load(place) == Config("a.b-c_1", {"a.b-c_1": {"user": strange, "tls": True}})
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_a_link_to_the_config_stays_a_link(tmp_path: Path) -> None:
    place, target = tmp_path / "link", tmp_path / "dotfiles" / "config.toml"
    target.parent.mkdir()
    place.symlink_to(target)
    with config_file.changing(place) as config:
        config["profiles"]["a"] = {"user": "x"}
    assert place.is_symlink()
    assert config_file.load(target).profiles == {"a": {"user": "x"}}


def test_a_change_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "config.toml"
    with config_file.changing(place) as config:
        config["profiles"]["a"] = {"user": "x"}
    with pytest.raises(KeyError), config_file.changing(place) as config:
        config["profiles"].pop("b")
    assert list(config_file.load(place).profiles) == ["a"]
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]


async def test_changes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    place = tmp_path / "config.toml"

    def add(name: str) -> None:
        with config_file.changing(place) as config:
            config["profiles"][name] = {"user": name}

    names = [f"p{number}" for number in range(12)]
    await asyncio.gather(*(asyncio.to_thread(add, name) for name in names))
    assert sorted(config_file.load(place).profiles) == sorted(names)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "chat3").write_text("")
    with (
        pytest.raises(SettingsError, match="cannot write"),
        config_file.changing(tmp_path / "chat3" / "config.toml"),
    ):
        pass


async def test_a_key_comes_from_a_file(
    service: ScriptedService, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CHAT3_API_KEY")
    place = tmp_path / "key"
    place.write_text("  of.file\r\n")
    service.answers[GetUserDialogsRequest] = [LISTED] * 2
    await run("dialogs", "--api-key-file", str(place))
    monkeypatch.setenv("CHAT3_API_KEY_FILE", str(place))
    await run("dialogs")
    assert [each["x-api-key"] for each in service.metadata] == ["of.file"] * 2


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"two\nlines\n", "visible ASCII"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "visible ASCII"),
        (b"k" * 9000, "more than 8192 bytes"),
        (None, "No such file"),
    ],
)
async def test_a_file_that_holds_no_key(
    run: Run, tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    place = tmp_path / "key"
    if content is not None:
        place.write_bytes(content)
    result = await run("dialogs", "--api-key-file", str(place))
    assert result.code == 2
    assert complaint in result.err
    assert "two" not in result.err.replace(str(place), "")


async def test_a_key_is_given_once(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "key"
    place.write_text("x")
    result = await run("dialogs", "--api-key", "y", "--api-key-file", str(place))
    assert result.code == 2
    assert "given twice" in result.err


async def test_a_key_of_the_environment_goes_before_the_token_of_a_profile(
    service: ScriptedService,
    run: Run,
    work: Path,
    running: Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(work, 'default = "t"\n' + profile(running.port, "t", api_key="", user="", token="a.tok"))
    service.answers[GetUserDialogsRequest] = [LISTED] * 2
    await run("dialogs")
    assert service.metadata[0]["authorization"] == "Bearer a.tok"
    monkeypatch.setenv("CHAT3_USER", "bob")
    result = await run("dialogs")
    assert result.code == 2, "nobody acts as alice by mistake"
    assert "does not go with CHAT3_USER (the token is of profile t)" in result.err
    monkeypatch.setenv("CHAT3_API_KEY", "k")
    await run("dialogs")
    assert service.metadata[1]["x-user-id"] == "bob"


async def test_plaintext_can_be_asked_for_against_a_profile_with_tls(
    service: ScriptedService, run: Run, work: Path
) -> None:
    write(work, work.read_text() + "tls = true\n")
    assert (await run("dialogs")).code == 3
    service.answers[GetUserDialogsRequest] = [LISTED]
    assert (await run("dialogs", "--no-tls")).code == 0


async def test_a_switch_of_the_environment_is_yes_or_no(
    run: Run, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment
    monkeypatch.setenv("CHAT3_TLS", "maybe")
    result = await run("dialogs")
    assert result.code == 2
    assert "argument --tls: 'maybe' is neither true nor false (from CHAT3_TLS)" in result.err
