"""`chat3 tenant users`: all users of the tenant."""

from argparse import Namespace

from chat3_api.chat3.tenant.v1 import GetUserRequest, GetUserResponse, TenantServiceStub, User
from chat3_cli.arguments import USER_ID
from chat3_cli.command import Call, Group
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.render import meta_fields, stats_fields
from chat3_cli.style import moment
from chat3_cli.views import Record


def _record(title: str, user: User) -> Record:
    return Record(
        title,
        [
            ("user", user.user_id),
            ("type", user.type),
            ("created", moment(user.create_time)),
            *stats_fields(user.stats),
            *meta_fields(user.meta),
        ],
    )


def _shown(args: Namespace, response: GetUserResponse) -> Record:
    user = response.user or User()
    return _record(user.display_name or args.user_id, user)


TENANT_USERS = Group(
    name="tenant users",
    help="all users of the tenant",
    default="get",
    commands=(
        Call(
            name="get",
            help="show a user with open data and counters",
            example="chat3 tenant users get bob",
            arguments=(USER_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.get_user,
            request=GetUserRequest,
            view=_shown,
        ),
    ),
)
