"""What the methods that write a user have in common: what they want, and what they answer."""

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.domain.tenant_users import WantedUser
from chat3_user.mapping.bodies import custom_data
from chat3_user.mapping.tenant_users import tenant_user
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.read_back import after_the_write
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import Identity

Request = pb.CreateUserRequest | pb.UpsertUserRequest | pb.UpdateUserRequest


def wanted_user(identity: Identity, request: Request, type_: str) -> WantedUser:
    """Return the user that a request wants."""
    user_id, keys = request.user_id.lower(), custom_data(request.meta)
    removed = tuple(getattr(request, "remove_keys", ()))
    return WantedUser(identity, user_id, type_, keys, removed)


async def written_user(dependencies: Dependencies, wanted: WantedUser) -> pb.User:
    """Return a user as it is after it was written.

    Raises `CallError`; a repetition then finds what was written.
    """

    async def read() -> pb.User:
        user = await dependencies.users.known(wanted.identity, wanted.user_id)
        with understood(routes.USER):
            return tenant_user(user)

    return await after_the_write(read)
