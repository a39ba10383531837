"""`chat3 login`: what it asks, checks and keeps, at a terminal and without one."""

import os
import stat
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_certificates import Authority
from cli_scripted_service import ScriptedService, failure
from cli_terminal import at_a_terminal
from cli_vocabulary import Run, Running
from grpclib.const import Status
from grpclib.health.service import Health

from chat3_api.chat3.tenant.v1 import ListUsersRequest, ListUsersResponse
from chat3_api.chat3.user.v1 import (
    Dialog,
    GetMyselfRequest,
    GetMyselfResponse,
    GetUserDialogsRequest,
    GetUserDialogsResponse,
    UserInfo,
)
from chat3_cli.settings import config_file
from support.servers import grpc_server

KEY = "s3cret-key"
MYSELF = GetMyselfResponse(user=UserInfo(user_id="alice", display_name="Alice"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config" / "chat3" / "config.toml"


@pytest.fixture
def bare(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment that says nothing of the identity."""
    for name in ("CHAT3_ADDRESS", "CHAT3_TENANT", "CHAT3_API_KEY", "CHAT3_USER"):
        monkeypatch.delenv(name)
        environment.pop(name)
    return environment


async def test_it_asks_checks_and_keeps(
    service: ScriptedService, running: Running, bare: dict[str, str], config: Path
) -> None:
    service.answers[GetMyselfRequest] = [MYSELF]
    async with at_a_terminal(bare, "login") as terminal:
        await terminal.see("HOST:PORT [127.0.0.1:50051]: ")
        terminal.type("http://nowhere\n")
        await terminal.see("it has a scheme; write nowhere:80")
        await terminal.see("HOST:PORT [127.0.0.1:50051]: ")
        terminal.type(f"127.0.0.1:{running.port}\n")
        await terminal.see("(not shown): ")
        terminal.type(f"{KEY}\n")
        await terminal.see("Tenant [tnt_default]: ")
        terminal.type("tnt_one\n")
        await terminal.see("back end: ")
        terminal.type("Jörg 🎉\n")
        assert await terminal.ended() == 0, terminal.shown
    assert KEY not in terminal.shown
    assert f"profile default is in {config}; it is the default" in terminal.shown
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert config_file.load(config).profiles["default"] == {
        "address": f"127.0.0.1:{running.port}",
        "tenant": "tnt_one",
        "user": "Jörg 🎉",
        "api_key": KEY,
    }
    assert service.metadata[0]["x-user-id"] == "J%C3%B6rg%20%F0%9F%8E%89"


async def test_a_refused_key_is_not_kept(
    service: ScriptedService, running: Running, bare: dict[str, str], config: Path
) -> None:
    service.answers[GetMyselfRequest] = [failure(Status.UNAUTHENTICATED, "API_KEY_INVALID")]
    where = f"--address=127.0.0.1:{running.port}"
    async with at_a_terminal(bare, "login", where, "--user=alice", "--tenant=t") as terminal:
        await terminal.see("(not shown): ")
        terminal.type("wrong\n")
        assert await terminal.ended() == 4
    assert "the platform does not know this API key" in terminal.shown
    assert not config.exists()


@pytest.mark.parametrize("end", ["\x03", "\x04"])
@pytest.mark.parametrize("question", ["HOST:PORT", "(not shown)"])
async def test_ctrl_c_and_ctrl_d_end_it_at_every_question(
    running: Running, bare: dict[str, str], config: Path, question: str, end: str
) -> None:
    async with at_a_terminal(bare, "login") as terminal:
        await terminal.see("HOST:PORT [127.0.0.1:50051]: ")
        if question != "HOST:PORT":
            terminal.type(f"127.0.0.1:{running.port}\n")
            await terminal.see(question)
        terminal.type(end)
        assert await terminal.ended() == 130
    assert "Traceback" not in terminal.shown
    assert not config.exists()


async def test_an_empty_key_asks_for_a_token(
    service: ScriptedService, running: Running, bare: dict[str, str], config: Path
) -> None:
    service.answers[GetMyselfRequest] = [MYSELF]
    where = f"--address=127.0.0.1:{running.port}"
    async with at_a_terminal(bare, "login", "app", where) as terminal:
        await terminal.see("API key; empty for a token of the user (not shown): ")
        terminal.type("\n")
        await terminal.see("Token (not shown): ")
        terminal.type("a.token\n")
        assert await terminal.ended() == 0, terminal.shown
    profile = config_file.load(config).profiles["app"]
    assert profile == {"address": f"127.0.0.1:{running.port}", "token": "a.token"}
    assert service.metadata[0]["authorization"] == "Bearer a.token"


async def test_a_profile_that_exists_is_replaced_when_somebody_says_yes(
    service: ScriptedService, running: Running, bare: dict[str, str], config: Path
) -> None:
    config.parent.mkdir(parents=True)
    config.write_text(f'[profiles.w]\naddress = "127.0.0.1:{running.port}"\nuser = "alice"\n')
    config.chmod(0o600)
    service.answers[GetMyselfRequest] = [MYSELF]
    async with at_a_terminal(bare, "login", "w") as terminal:
        await terminal.see("Replace it? (y/N): ")
        terminal.type("\n")
        assert await terminal.ended() == 130
    assert "api_key" not in config.read_text()
    async with at_a_terminal(bare, "login", "w") as terminal:
        await terminal.see("Replace it? (y/N): ")
        terminal.type("y\n")
        await terminal.see(f"[127.0.0.1:{running.port}]: ")
        terminal.type("\n")
        await terminal.see("(not shown): ")
        terminal.type(f"{KEY}\n")
        await terminal.see("Tenant [tnt_default]: ")
        terminal.type("\n")
        await terminal.see("[alice]: ")
        terminal.type("\n")
        assert await terminal.ended() == 0, terminal.shown
    assert config_file.load(config).profiles["w"]["api_key"] == KEY


async def test_without_a_terminal_the_key_comes_from_standard_input(
    service: ScriptedService,
    running: Running,
    run: Run,
    bare: dict[str, str],
    config: Path,
    given: Callable[[bytes], None],
) -> None:
    assert bare
    service.answers[GetMyselfRequest] = [MYSELF] * 3
    where = f"--address=127.0.0.1:{running.port}"
    command = ["login", "w", where, "--user=alice", "--api-key-file=-"]
    given(f"{KEY}\n".encode())
    result = await run(*command)
    assert (result.code, result.err) == (0, "")
    assert config_file.load(config).profiles["w"]["api_key"] == KEY
    given(b"new")
    result = await run(*command)
    assert result.code == 2
    assert "give --replace, or another name" in result.err
    assert (await run(*command, "--replace")).code == 0
    assert config_file.load(config).profiles["w"]["api_key"] == "new"


async def test_without_a_terminal_nothing_is_asked(
    running: Running, run: Run, bare: dict[str, str], config: Path, given: Callable[[bytes], None]
) -> None:
    assert bare
    given(b"")
    result = await run("login", f"--address=127.0.0.1:{running.port}")
    assert result.code == 2
    assert "there is no terminal to ask at: give --api-key-file" in result.err
    assert not config.exists()


async def test_a_key_file_is_kept_as_a_file(
    service: ScriptedService,
    run: Run,
    config: Path,
    tmp_path: Path,
    bare: dict[str, str],
    running: Running,
) -> None:
    assert bare
    service.answers[ListUsersRequest] = [ListUsersResponse()]
    key = tmp_path / "key"
    key.write_text(KEY)
    result = await run(
        *("login", "backend", f"--address=127.0.0.1:{running.port}"),
        *("--api-key-file", os.path.relpath(key)),
    )
    assert (result.code, result.err) == (0, "")
    assert "a back end, without a user" in result.out
    assert config_file.load(config).profiles["backend"] == {
        "address": f"127.0.0.1:{running.port}",
        "tenant": "tnt_default",
        "api_key_file": str(key),
    }
    assert KEY not in config.read_text()


async def test_a_service_that_is_not_reached_is_diagnosed(
    run: Run, bare: dict[str, str], config: Path
) -> None:
    assert bare
    result = await run("login", "--address=127.0.0.1:1", "--api-key=k", "--user=alice")
    assert result.code == 3
    assert "nothing listens at 127.0.0.1:1; start the service" in result.err
    assert not config.exists()


async def test_tls_is_found_out(
    service: ScriptedService, run: Run, bare: dict[str, str], config: Path, tmp_path: Path
) -> None:
    assert bare
    authority = Authority.make(tmp_path)
    context = authority.signed("server").server_context("h2")
    async with grpc_server(service, Health(), tls=context) as port:
        where = f"--address=localhost:{port}"
        result = await run("login", where, "--api-key=k", "--user=alice")
        assert result.code == 3
        assert "CA that is not known here" in result.err
        service.answers[GetMyselfRequest] = [MYSELF]
        result = await run(
            "login", where, "--api-key=k", "--user=alice", "--ca", str(authority.pair.pem)
        )
    assert (result.code, result.err) == (0, "")
    assert config_file.load(config).profiles["default"]["ca"] == str(authority.pair.pem)


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x" * 41, "é"])
async def test_names_that_are_none(run: Run, name: str) -> None:
    result = await run("login", "--api-key=k", "--", name)
    assert result.code == 2
    assert "is no name of a profile" in result.err


async def test_a_token_says_who_acts(run: Run, bare: dict[str, str], running: Running) -> None:
    assert bare
    where = f"--address=127.0.0.1:{running.port}"
    result = await run("login", where, "--token=a.b", "--user=alice")
    assert result.code == 2
    assert "leave out --user" in result.err
    result = await run("login", where, "--token=a.b", "--api-key=k")
    assert "not both" in result.err


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """What stands in for the package `keyring`, with its three functions."""
    kept: dict[tuple[str, str], str] = {}
    module = types.ModuleType("keyring")
    module.__dict__.update(
        set_password=lambda service, name, secret: kept.update({(service, name): secret}),
        get_password=lambda service, name: kept.get((service, name)),
        delete_password=lambda service, name: kept.pop((service, name)),
    )
    monkeypatch.setitem(sys.modules, "keyring", module)
    return kept


async def test_the_keyring_keeps_the_key(
    service: ScriptedService,
    run: Run,
    bare: dict[str, str],
    config: Path,
    running: Running,
    keyring: dict[tuple[str, str], str],
) -> None:
    assert bare
    service.answers[GetMyselfRequest] = [MYSELF]
    where = f"--address=127.0.0.1:{running.port}"
    result = await run("login", "--keyring", where, f"--api-key={KEY}", "--user=alice")
    assert (result.code, result.err) == (0, "")
    assert keyring == {("chat3", "default"): KEY}
    assert KEY not in config.read_text()
    dialog = Dialog(dialog_id="dlg_1")
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse(dialogs=[dialog])]
    assert (await run("dialogs")).code == 0
    assert service.metadata[-1]["x-api-key"] == KEY
    keyring.clear()
    result = await run("dialogs")
    assert result.code == 2
    assert "run `chat3 login default` again" in result.err
    result = await run("profiles", "remove", "default")
    assert result.code == 0
    assert "the keyring may still have its key" in result.err


async def test_without_the_package_there_is_no_keyring(
    service: ScriptedService,
    run: Run,
    bare: dict[str, str],
    config: Path,
    running: Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert bare
    monkeypatch.setitem(sys.modules, "keyring", None)
    service.answers[GetMyselfRequest] = [MYSELF]
    where = f"--address=127.0.0.1:{running.port}"
    result = await run("login", "--keyring", where, "--api-key=k", "--user=alice")
    assert result.code == 2
    assert "pip install 'chat3-cli[keyring]'" in result.err
    assert not config.exists()
