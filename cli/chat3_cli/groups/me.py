"""`chat3 me`: the user who calls."""

from argparse import Namespace

from chat3_api.chat3.user.v1 import (
    GetMyselfRequest,
    GetMyselfResponse,
    UpdateMyMetaRequest,
    UpdateMyMetaResponse,
    UserInfo,
    UserServiceStub,
)
from chat3_cli.arguments import DISPLAY_NAME, META_CHANGES, REMOVE, SET
from chat3_cli.command import Call, Group
from chat3_cli.render import meta_fields, profile_fields, stats_fields
from chat3_cli.views import Record


def _shown(_args: Namespace, response: GetMyselfResponse) -> Record:
    user = response.user or UserInfo()
    return Record(
        user.display_name or user.user_id, [*stats_fields(response.stats), *profile_fields(user)]
    )


def _changed(_args: Namespace, response: UpdateMyMetaResponse) -> Record:
    user = response.user or UserInfo()
    return Record(f"changed {user.display_name or user.user_id}", meta_fields(user.meta))


ME = Group(
    name="me",
    help="the user who calls",
    default="show",
    commands=(
        Call(
            name="show",
            help="show the own profile and counters",
            example="chat3 me",
            method=UserServiceStub.get_myself,
            request=GetMyselfRequest,
            view=_shown,
        ),
        Call(
            name="set",
            help="set and remove keys of the own custom data",
            example="chat3 me set --name Alice --set-json away=true --remove mood",
            arguments=(DISPLAY_NAME, *SET, REMOVE),
            needs=META_CHANGES,
            method=UserServiceStub.update_my_meta,
            request=UpdateMyMetaRequest,
            view=_changed,
        ),
    ),
)
