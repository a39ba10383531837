"""`chat3 tenant meta-indexes`: what the tenant demands of custom data."""

import json
from argparse import Namespace
from typing import Any

from chat3_api.chat3.tenant.v1 import (
    CreateMetaIndexRequest,
    CreateMetaIndexResponse,
    DeleteMetaIndexRequest,
    GetMetaIndexRequest,
    GetMetaIndexResponse,
    ListMetaIndexesRequest,
    MetaIndex,
    MetaIndexCondition,
    MetaIndexMode,
    MetaIndexOperator,
    MetaKind,
    TenantServiceStub,
)
from chat3_api.google.protobuf import Struct
from chat3_cli import values
from chat3_cli.arguments import argument
from chat3_cli.command import Call, Group
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.listing import Listing
from chat3_cli.style import CYAN, DIM, date_and_clock, moment
from chat3_cli.table import Column
from chat3_cli.views import Record, Says

KINDS = {str(kind.name).lower().replace("_", "-"): kind for kind in MetaKind if kind}
MODES = {str(mode.name).lower(): mode for mode in MetaIndexMode if mode}


def condition(text: str) -> MetaIndexCondition:
    """Read for which custom data an index holds: `KEY`, `!KEY`, `KEY=VALUE` or `KEY!=VALUE`.

    A value is JSON, or else a text; a list stands for any of its values.
    """
    if text.startswith("!"):
        return MetaIndexCondition(key=text[1:], operator=MetaIndexOperator.MISSING)
    key, sign, given = text.partition("!=")
    operator = MetaIndexOperator.NOT_EQUAL
    if not sign:
        key, sign, given = text.partition("=")
        operator = MetaIndexOperator.EQUAL
    if not sign:
        return MetaIndexCondition(key=key, operator=MetaIndexOperator.PRESENT)
    value = _json_or_text(given)
    if isinstance(value, list):
        operator = MetaIndexOperator.IN
    else:
        value = [value]
    wrapped = Struct.from_dict({str(place): each for place, each in enumerate(value)})
    return MetaIndexCondition(key=key, operator=operator, values=[*wrapped.fields.values()])


def _json_or_text(given: str) -> Any:
    try:
        return json.loads(given)
    except ValueError:
        return values.text(given)


def _mode(index: MetaIndex) -> str:
    return (index.mode.name or "unspecified").lower()


def _holds(index: MetaIndex) -> str:
    """Say for which custom data an index holds, as `condition` reads it."""
    when = index.condition
    if when is None:
        return ""
    given = [each.to_dict() for each in when.values]
    match when.operator:
        case MetaIndexOperator.PRESENT:
            return when.key
        case MetaIndexOperator.MISSING:
            return f"!{when.key}"
        case MetaIndexOperator.IN:
            return f"{when.key}={json.dumps(given)}"
    sign = "!=" if when.operator is MetaIndexOperator.NOT_EQUAL else "="
    return f"{when.key}{sign}{json.dumps(given[0] if given else None)}"


def _record(title: str, index: MetaIndex | None) -> Record:
    shown = index or MetaIndex()
    return Record(
        title,
        [
            ("index", shown.index_id),
            ("mode", _mode(shown)),
            ("keys", " ".join(shown.keys)),
            ("when", _holds(shown)),
            ("lacks", " ".join(shown.missing_service_keys)),
            ("created", moment(shown.create_time)),
        ],
    )


def _shown(args: Namespace, response: GetMetaIndexResponse) -> Record:
    return _record(args.index_id, response.index)


def _created(args: Namespace, response: CreateMetaIndexResponse) -> Record:
    title = "the present custom data keeps the index" if args.validate_only else "created an index"
    return _record(title, response.index)


_KIND = argument(
    "kind", type=values.Named(KINDS), metavar="KIND", help=f"one of {', '.join(KINDS)}"
)
_INDEX_ID = argument("index_id", metavar="INDEX_ID")

TENANT_META_INDEXES = Group(
    name="tenant meta-indexes",
    help="what the tenant demands of custom data",
    commands=(
        Listing(
            name="list",
            help="list the indexes of a kind of thing",
            example="chat3 tenant meta-indexes list user",
            arguments=(_KIND,),
            identity=IDENTITY,
            method=TenantServiceStub.list_meta_indexes,
            request=ListMetaIndexesRequest,
            items=lambda response: response.indexes,
            noun="index",
            columns=(
                Column[MetaIndex](header="INDEX", cell=lambda it: it.index_id, colour=CYAN),
                Column[MetaIndex](header="MODE", cell=_mode),
                Column[MetaIndex](header="KEYS", cell=lambda it: " ".join(it.keys)),
                Column[MetaIndex](header="WHEN", cell=_holds, text=True),
                Column[MetaIndex](
                    header="CREATED", cell=lambda it: date_and_clock(it.create_time), colour=DIM
                ),
            ),
        ),
        Call(
            name="get",
            help="show an index",
            example="chat3 tenant meta-indexes get user unique:email",
            arguments=(_KIND, _INDEX_ID),
            identity=IDENTITY,
            method=TenantServiceStub.get_meta_index,
            request=GetMetaIndexRequest,
            view=_shown,
        ),
        Call(
            name="create",
            help="create an index of unique, required or allowed keys",
            example="chat3 tenant meta-indexes create user unique email --when kind=agent",
            arguments=(
                _KIND,
                argument(
                    "mode",
                    type=values.Named(MODES),
                    metavar="MODE",
                    help=f"one of {', '.join(MODES)}",
                ),
                argument("keys", nargs="+", metavar="KEY", help="the keys"),
                argument(
                    "--when",
                    type=condition,
                    default=None,
                    dest="condition",
                    metavar="CONDITION",
                    help="only where KEY, !KEY, KEY=JSON or KEY!=JSON; a list means any of it",
                ),
                argument(
                    "--dry-run",
                    action="store_true",
                    dest="validate_only",
                    help="only hold the present custom data against it",
                ),
            ),
            identity=IDENTITY,
            method=TenantServiceStub.create_meta_index,
            request=CreateMetaIndexRequest,
            view=_created,
        ),
        Call(
            name="delete",
            help="delete an index; custom data stays",
            example="chat3 tenant meta-indexes delete user unique:email",
            arguments=(_KIND, _INDEX_ID),
            identity=IDENTITY,
            method=TenantServiceStub.delete_meta_index,
            request=DeleteMetaIndexRequest,
            view=lambda args, _: Says(f"deleted {args.index_id}"),
        ),
    ),
)
