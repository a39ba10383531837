"""What a caller may send: field rules, metadata rules, and the grammar of filters and sorts."""

from chat3_user.validation.filters import (
    FilterError,
    parse_dialog_filter,
    parse_dialog_sort,
    parse_message_filter,
    parse_message_sort,
    parse_pack_filter,
    parse_pack_sort,
    parse_tenant_dialog_filter,
    parse_tenant_dialog_sort,
    parse_tenant_message_filter,
    parse_tenant_message_sort,
    parse_tenant_pack_filter,
    parse_tenant_pack_sort,
    parse_user_filter,
    parse_user_sort,
)
from chat3_user.validation.identity import (
    Identity,
    has_bearer,
    parse_bearer,
    parse_claims,
    parse_identity,
    parse_request_id,
    parse_tenant_identity,
)
from chat3_user.validation.meta import check_meta
from chat3_user.validation.requests import validate

__all__ = [
    "FilterError",
    "Identity",
    "check_meta",
    "has_bearer",
    "parse_bearer",
    "parse_claims",
    "parse_dialog_filter",
    "parse_dialog_sort",
    "parse_identity",
    "parse_message_filter",
    "parse_message_sort",
    "parse_pack_filter",
    "parse_pack_sort",
    "parse_request_id",
    "parse_tenant_dialog_filter",
    "parse_tenant_dialog_sort",
    "parse_tenant_identity",
    "parse_tenant_message_filter",
    "parse_tenant_message_sort",
    "parse_tenant_pack_filter",
    "parse_tenant_pack_sort",
    "parse_user_filter",
    "parse_user_sort",
    "validate",
]
