from grpclib.client import Channel

from chat3_api.chat3.user.v1 import GetUserDialogsRequest, UserServiceStub
from support.gateway import Gateway, Upstream, metadata


async def test_dialogs_of_a_user_are_listed(gateway: Gateway, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    host, port = gateway.address.split(":")
    async with Channel(host, int(port)) as channel:
        answer = await UserServiceStub(channel).get_user_dialogs(
            GetUserDialogsRequest(), metadata=metadata("alice")
        )
    assert [item.dialog_id for item in answer.dialogs] == [dialog]
