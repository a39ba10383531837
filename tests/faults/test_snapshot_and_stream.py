"""The recipe of the contract: subscribe, read, then apply what comes; it gives a complete picture.

A machine of hypothesis writes as several users and lets a reader follow by snapshot and stream, with
reconnects in between. Whenever the stream has caught up, what the reader has folded together equals
a fresh snapshot.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest
from chat3_api.chat3.user.v1 import (
    GetDialogMessagesRequest,
    GetUserDialogsRequest,
    Message,
    MessageStatus,
    ReactionAction,
    SendMessageRequest,
    SetMessageReactionRequest,
    SetMessageStatusRequest,
    SubscribeUpdatesRequest,
    SubscribeUpdatesResponse,
    Update,
    UpdateType,
    UserServiceStub,
)
from chat3_user.app import running
from chat3_user.config import Config
from grpclib.client import Channel
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

API_KEY = "chat3_demo_key"
TENANT = "tnt_demo"
USERS = ("alice", "bob")
READER = "alice"

Picture = dict[str, Any]
"""By message id: what it says, its reactions by name, its newest status by count."""
