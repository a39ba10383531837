"""`chat3 tenant users`: all users of the tenant."""

from argparse import Namespace

from chat3_api.chat3.tenant.v1 import (
    CreateUserRequest,
    CreateUserResponse,
    DeleteUserRequest,
    GetUserRequest,
    GetUserResponse,
    ListUsersRequest,
    TenantServiceStub,
    UpdateUserRequest,
    UpdateUserResponse,
    UpsertUserRequest,
    UpsertUserResponse,
    User,
)
from chat3_cli.arguments import (
    DISPLAY_NAME,
    META_CHANGES,
    REMOVE,
    SET,
    USER_ID,
    argument,
    filtered,
    sorted_by,
)
from chat3_cli.command import Call, Group
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.listing import Listing
from chat3_cli.render import meta_fields, stats_fields
from chat3_cli.style import CYAN, date_and_clock, moment
from chat3_cli.table import Column
from chat3_cli.views import Record, Says

_TYPE = argument("--type", default="", dest="type", help="such as user, contact or bot")


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


def _created(args: Namespace, response: CreateUserResponse) -> Record:
    return _record(f"created {args.user_id}", response.user or User())


def _upserted(args: Namespace, response: UpsertUserResponse) -> Record:
    verb = "created" if response.created else "changed"
    return _record(f"{verb} {args.user_id}", response.user or User())


def _changed(args: Namespace, response: UpdateUserResponse) -> Record:
    return _record(f"changed {args.user_id}", response.user or User())


def _unread(user: User) -> str:
    return str(user.stats.total_unread_count) if user.stats is not None else ""


TENANT_USERS = Group(
    name="tenant users",
    help="all users of the tenant",
    commands=(
        Listing(
            name="list",
            help="list the users, newest first",
            example="chat3 tenant users list --filter '(type,eq,bot)' --sort '(user_id,asc)'",
            arguments=(filtered("(type,eq,bot)"), sorted_by("(user_id,asc)")),
            identity=IDENTITY,
            method=TenantServiceStub.list_users,
            request=ListUsersRequest,
            items=lambda response: response.users,
            noun="user",
            columns=(
                Column[User](header="USER", cell=lambda it: it.user_id, colour=CYAN),
                Column[User](header="TYPE", cell=lambda it: it.type),
                Column[User](header="CREATED", cell=lambda it: date_and_clock(it.create_time)),
                Column[User](header="UNREAD", cell=_unread, right=True),
            ),
        ),
        Call(
            name="get",
            help="show a user with custom data and counters",
            example="chat3 tenant users get bob",
            arguments=(USER_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.get_user,
            request=GetUserRequest,
            view=_shown,
        ),
        Call(
            name="create",
            help="create a user",
            example="chat3 tenant users create helper --type bot --name 'Helper'",
            arguments=(USER_ID, _TYPE, DISPLAY_NAME, *SET),
            identity=IDENTITY,
            method=TenantServiceStub.create_user,
            request=CreateUserRequest,
            view=_created,
        ),
        Call(
            name="upsert",
            help="bring a user to a state; create it if there is none",
            example="chat3 tenant users upsert bob --type user --set department=sales",
            arguments=(USER_ID, _TYPE, DISPLAY_NAME, *SET),
            identity=IDENTITY,
            method=TenantServiceStub.upsert_user,
            request=UpsertUserRequest,
            view=_upserted,
        ),
        Call(
            name="set",
            help="change the type and the custom data of a user",
            example="chat3 tenant users set bob --type contact --remove mood",
            arguments=(USER_ID, _TYPE, DISPLAY_NAME, *SET, REMOVE),
            needs=("type", *META_CHANGES),
            identity=IDENTITY,
            method=TenantServiceStub.update_user,
            request=UpdateUserRequest,
            view=_changed,
        ),
        Call(
            name="delete",
            help="delete a user; memberships and messages stay",
            example="chat3 tenant users delete bob",
            arguments=(USER_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.delete_user,
            request=DeleteUserRequest,
            view=lambda args, _: Says(f"deleted {args.user_id}"),
        ),
    ),
)
