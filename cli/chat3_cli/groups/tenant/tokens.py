"""`chat3 tenant tokens`: tokens with which apps call as one user."""

from datetime import timedelta

from chat3_api.chat3.tenant.v1 import (
    CreateUserTokenRequest,
    CreateUserTokenResponse,
    TenantServiceStub,
)
from chat3_cli import values
from chat3_cli.arguments import USER_ID, argument
from chat3_cli.command import Call, Group
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.views import Says


def _ttl(text: str) -> timedelta:
    """Read how long a token is accepted."""
    return timedelta(seconds=values.seconds(text))


def _token(_args: object, response: CreateUserTokenResponse) -> Says:
    """Say the token and nothing else: a shell takes it into a variable."""
    return Says(response.token)


TENANT_TOKENS = Group(
    name="tenant tokens",
    help="tokens with which apps call as one user",
    commands=(
        Call(
            name="create",
            help="create a token of a user, and print it",
            example="chat3 tenant tokens create bob --ttl 600",
            details="CHAT3_TOKEN=$(chat3 tenant tokens create bob) lets later commands act as the"
            " user without the API key; --json says when the token expires.",
            arguments=(
                USER_ID,
                argument(
                    "--ttl",
                    type=_ttl,
                    default=None,
                    metavar="SECONDS",
                    help="how long the token is accepted: 60 to 86400; default 3600",
                ),
            ),
            identity=IDENTITY,
            method=TenantServiceStub.create_user_token,
            request=CreateUserTokenRequest,
            view=_token,
        ),
    ),
    default="create",
)
