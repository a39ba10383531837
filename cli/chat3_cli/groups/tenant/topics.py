"""`chat3 tenant topics`: the topics of any dialog of the tenant."""

from chat3_api.chat3.tenant.v1 import (
    CreateTopicRequest,
    ListTopicsRequest,
    TenantServiceStub,
    UpdateTopicRequest,
)
from chat3_api.chat3.user.v1 import Topic
from chat3_cli.arguments import DIALOG_ID, META_CHANGES, REMOVE, SET, TOPIC_ID
from chat3_cli.command import Call, Group
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.groups.topics import changed, created
from chat3_cli.listing import Listing
from chat3_cli.render import meta_line
from chat3_cli.style import CYAN, DIM, date_and_clock
from chat3_cli.table import Column

TENANT_TOPICS = Group(
    name="tenant topics",
    help="the topics of any dialog of the tenant",
    commands=(
        Listing(
            name="list",
            help="list the topics of any dialog",
            example="chat3 tenant topics list dlg_demoweekend000000000",
            arguments=(DIALOG_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.list_topics,
            request=ListTopicsRequest,
            items=lambda response: response.topics,
            noun="topic",
            columns=(
                Column[Topic](
                    header="META", cell=lambda it: meta_line(it.meta), text=True, colour=CYAN
                ),
                Column[Topic](header="CREATED", cell=lambda it: date_and_clock(it.create_time)),
                Column[Topic](header="TOPIC", cell=lambda it: it.topic_id, colour=DIM),
            ),
        ),
        Call(
            name="create",
            help="add a topic to any dialog",
            example="chat3 tenant topics create dlg_demoweekend000000000 --set subject=Food",
            arguments=(DIALOG_ID, *SET),
            identity=IDENTITY,
            method=TenantServiceStub.create_topic,
            request=CreateTopicRequest,
            view=created,
        ),
        Call(
            name="update",
            help="set and remove keys of any topic's custom data",
            example=(
                "chat3 tenant topics update dlg_demoweekend000000000 topic_demowalk000000000000"
                " --set-json open=false"
            ),
            arguments=(DIALOG_ID, TOPIC_ID, *SET, REMOVE),
            needs=META_CHANGES,
            identity=IDENTITY,
            method=TenantServiceStub.update_topic,
            request=UpdateTopicRequest,
            view=changed,
        ),
    ),
)
