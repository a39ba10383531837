"""What holds for every command, and that every method of the contract has one.

A method that is added to the contract fails here by its name until it has a command.
"""

import shlex
import unicodedata
from typing import Any

import betterproto2
import pytest
from cli_filled_messages import filled_message
from cli_scripted_service import HANG, METHODS, ScriptedService, established, failure, users_watched
from cli_vocabulary import Result, Run
from google.protobuf import json_format
from grpclib.const import Cardinality, Status

from chat3_api.chat3.tenant import v1 as tenant_pb
from chat3_api.chat3.tenant.v1 import WatchUpdatesResponse
from chat3_api.chat3.user import v1 as pb
from chat3_api.chat3.user.v1 import ListUpdatesResponse, SubscribeUpdatesResponse
from chat3_cli.arguments import OneOf
from chat3_cli.command import Command, Unary, field_names
from chat3_cli.command_line import parse
from chat3_cli.groups import GROUPS
from support.faults.wire import message_class

COMMANDS = {
    f"{group.name} {command.name}": command for group in GROUPS for command in group.commands
}
CALLS = {words: command for words, command in COMMANDS.items() if command.rpc}
UNARY = {words: command for words, command in CALLS.items() if isinstance(command, Unary)}
IDENTITY = {"CHAT3_USER": "alice", "CHAT3_API_KEY": "key"}
EVERYWHERE = {"all", "dialog_id", "idempotency_key"}
EVIL = "\x1b[31mre\u202ed\r\x07\x9b2J"

every_call = pytest.mark.parametrize("words", CALLS)
every_command = pytest.mark.parametrize("words", COMMANDS)


def request_of(command: Command) -> type[betterproto2.Message]:
    """The requests of the method of the contract that a command calls."""
    if isinstance(command, Unary):
        return command.request
    name = "".join(part.capitalize() for part in command.rpc.split("_"))
    of_service = tenant_pb if "user" not in command.identity else pb
    request: type[betterproto2.Message] = getattr(of_service, f"{name}Request")
    return request


async def run_example(
    run: Run, service: ScriptedService, command: Command, text: str, *options: str
) -> Result:
    """Run the example of a command against an answer in which every text is `text`."""
    handler = METHODS[request_of(command)]
    argv = shlex.split(command.example.replace("--resume-file ~/.chat3-token", "--resume t1"))
    if handler.cardinality is Cardinality.UNARY_UNARY:
        service.answers[handler.request_type] = [filled_message(handler.reply_type, text)]
        return await run(*argv[1:], *options)
    parts = stream(text, handler.reply_type)
    begins: list[Any] = users_watched("alice", "bob")
    if handler.reply_type is not WatchUpdatesResponse:
        begins = [handler.reply_type.parse(bytes(established()))]
    service.streams = [[*begins, *parts, HANG]]
    return await run(*argv[1:], "--count", str(len(parts)), *options)


def stream(text: str, kind: Any = SubscribeUpdatesResponse) -> list[Any]:
    """An update of every kind, in which every text is `text`."""
    updates = filled_message(ListUpdatesResponse, text).updates
    for number, update in enumerate(updates):
        update.update_id += str(number)  # an update that comes twice is printed once
    return [kind(update=update) for update in updates]


@pytest.mark.parametrize("request_type", METHODS, ids=lambda each: each.__qualname__)
def test_every_method_has_a_command(request_type: type[betterproto2.Message]) -> None:
    commands = [command for command in CALLS.values() if request_of(command) is request_type]
    assert commands, f"no command sends a {request_type.__module__}.{request_type.__name__}"


@pytest.mark.parametrize("words", UNARY)
def test_a_command_calls_the_method_that_its_request_is_of(words: str) -> None:
    name = UNARY[words].request.__name__.removesuffix("Request")
    assert UNARY[words].rpc.replace("_", "") == name.lower()
    assert UNARY[words].method.__module__ == UNARY[words].request.__module__


@pytest.mark.parametrize("words", UNARY)
async def test_a_command_needs_and_sends_an_acting_user_where_its_service_has_one(
    service: ScriptedService, run: Run, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAT3_USER")
    service.answers[UNARY[words].request] = [METHODS[UNARY[words].request].reply_type()]
    result = await run(*shlex.split(UNARY[words].example)[1:])
    if words.startswith("tenant "):
        assert result.code == 0
        assert "x-user-id" not in service.metadata[-1]
    else:
        assert result.code == 2
        assert result.err.endswith("give --user or set CHAT3_USER\n")


@pytest.mark.parametrize("words", UNARY)
def test_every_field_of_a_request_has_an_argument(words: str) -> None:
    command: Any = UNARY[words]
    args = parse(shlex.split(command.example)[1:], IDENTITY).args
    taken = set(vars(args)) - set(vars(parse(["dialogs", "leave", "d"], IDENTITY).args))
    assert taken | EVERYWHERE == {*field_names(command.request)} | EVERYWHERE


@every_command
def test_the_example_is_an_example_of_its_command(words: str) -> None:
    assert parse(shlex.split(COMMANDS[words].example)[1:], IDENTITY).words == words


@every_command
async def test_every_command_has_help_with_its_example(run: Run, words: str) -> None:
    result = await run(*words.split(), "--help")
    assert result.code == 0
    assert COMMANDS[words].example in result.out
    assert (await run("--help")).out.count(COMMANDS[words].help) == 1
    assert all(len(line) <= 80 for line in (await run("--help")).out.splitlines())


@every_command
def test_needed_arguments_are_arguments(words: str) -> None:
    command = COMMANDS[words]
    declared = [each for each in command.arguments if not isinstance(each, OneOf)]
    assert set(command.needs) <= {each.options.get("dest") for each in declared}


@every_call
async def test_the_example_calls_the_method(service: ScriptedService, run: Run, words: str) -> None:
    result = await run_example(run, service, CALLS[words], "text")
    assert result.code == 0
    assert result.out
    assert type(service.requests[0]) is request_of(CALLS[words])


@pytest.mark.parametrize("words", UNARY)
async def test_an_empty_answer_is_no_fault(service: ScriptedService, run: Run, words: str) -> None:
    handler = METHODS[UNARY[words].request]
    service.answers[handler.request_type] = [handler.reply_type()]
    result = await run(*shlex.split(UNARY[words].example)[1:])
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("words", UNARY)
async def test_a_failed_call_is_a_failed_command(
    service: ScriptedService, run: Run, words: str
) -> None:
    request = UNARY[words].request
    service.answers[request] = [failure(Status.PERMISSION_DENIED, "NOT_A_MEMBER")]
    result = await run(*shlex.split(UNARY[words].example)[1:])
    assert (result.code, result.out) == (4, "")
    assert result.err == "error: ERROR_REASON_NOT_A_MEMBER: what went wrong\n"


@every_call
async def test_nothing_from_outside_controls_the_terminal(
    service: ScriptedService, run: Run, words: str
) -> None:
    result = await run_example(run, service, CALLS[words], EVIL)
    assert result.code == 0
    shown = result.out + result.err
    assert {letter for letter in shown if unicodedata.category(letter) == "Cc"} == {"\n"}
    assert "\u202e" not in shown


@every_call
async def test_json_is_the_response_as_the_service_gave_it(
    service: ScriptedService, run: Run, words: str
) -> None:
    result = await run_example(run, service, CALLS[words], EVIL, "--json")
    kind = METHODS[request_of(CALLS[words])].reply_type
    expected = filled_message(kind, EVIL)
    if METHODS[request_of(CALLS[words])].cardinality is not Cardinality.UNARY_UNARY:
        expected = stream(EVIL, kind)[-1]
    google = message_class(kind.__name__, kind.__module__.removeprefix("chat3_api."))
    assert result.out.isascii()
    printed = json_format.Parse(result.out.splitlines()[-1], google())
    assert printed == google.FromString(bytes(expected))
