"""`chat3 topics`: the topics of a dialog."""

from argparse import Namespace

from chat3_api.chat3.tenant.v1 import CreateTopicResponse as TenantCreated
from chat3_api.chat3.tenant.v1 import UpdateTopicResponse as TenantUpdated
from chat3_api.chat3.user.v1 import (
    CreateTopicRequest,
    CreateTopicResponse,
    ListTopicsRequest,
    Topic,
    UpdateTopicRequest,
    UpdateTopicResponse,
    UserServiceStub,
)
from chat3_cli.arguments import DIALOG_ID, META_CHANGES, REMOVE, SET, TOPIC_ID
from chat3_cli.command import Call, Group
from chat3_cli.listing import Listing
from chat3_cli.render import meta_fields, meta_line
from chat3_cli.style import CYAN, DIM, YELLOW, date_and_clock
from chat3_cli.table import Column
from chat3_cli.views import Record


def created(_args: Namespace, response: CreateTopicResponse | TenantCreated) -> Record:
    """Show a topic that was created."""
    topic = response.topic or Topic()
    return Record(f"created {topic.topic_id} in {topic.dialog_id}", meta_fields(topic.meta))


def changed(args: Namespace, response: UpdateTopicResponse | TenantUpdated) -> Record:
    """Show a topic that was changed."""
    meta = response.topic.meta if response.topic is not None else None
    return Record(f"changed {args.topic_id}", meta_fields(meta))


TOPICS = Group(
    name="topics",
    help="the topics of a dialog",
    commands=(
        Listing(
            name="list",
            help="list the topics, oldest first",
            example="chat3 topics list dlg_demoweekend000000000",
            arguments=(DIALOG_ID,),
            method=UserServiceStub.list_topics,
            request=ListTopicsRequest,
            items=lambda response: response.topics,
            noun="topic",
            columns=(
                Column[Topic](
                    header="META", cell=lambda it: meta_line(it.meta), text=True, colour=CYAN
                ),
                Column[Topic](
                    header="UNREAD",
                    cell=lambda it: "-" if it.unread_count is None else str(it.unread_count),
                    right=True,
                    colour=YELLOW,
                ),
                Column[Topic](header="CREATED", cell=lambda it: date_and_clock(it.create_time)),
                Column[Topic](header="TOPIC", cell=lambda it: it.topic_id, colour=DIM),
            ),
        ),
        Call(
            name="create",
            help="create a topic",
            example="chat3 topics create dlg_demoweekend000000000 --set subject=Food",
            arguments=(DIALOG_ID, *SET),
            method=UserServiceStub.create_topic,
            request=CreateTopicRequest,
            view=created,
        ),
        Call(
            name="update",
            help="set and remove keys of a topic's custom data",
            example=(
                "chat3 topics update dlg_demoweekend000000000 topic_demowalk000000000000"
                " --set-json open=false"
            ),
            arguments=(DIALOG_ID, TOPIC_ID, *SET, REMOVE),
            needs=META_CHANGES,
            method=UserServiceStub.update_topic,
            request=UpdateTopicRequest,
            view=changed,
        ),
    ),
)
