"""`chat3 users`: the other users of the tenant."""

from argparse import Namespace

from chat3_api.chat3.user.v1 import GetUserRequest, GetUserResponse, UserInfo, UserServiceStub
from chat3_cli.arguments import USER_ID
from chat3_cli.command import Call, Group
from chat3_cli.render import profile_fields
from chat3_cli.views import Record


def _shown(args: Namespace, response: GetUserResponse) -> Record:
    user = response.user or UserInfo()
    return Record(user.display_name or args.user_id, profile_fields(user))


USERS = Group(
    name="users",
    help="the users of the tenant",
    default="get",
    commands=(
        Call(
            name="get",
            help="show a user as others see them",
            example="chat3 users get bob",
            arguments=(USER_ID,),
            method=UserServiceStub.get_user,
            request=GetUserRequest,
            view=_shown,
        ),
    ),
)
