"""What a caller sends stays where it was put: in its segment, its parameter, its line."""

from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from chat3_api.chat3.user import v1 as pb
from chat3_user.errors import CallError
from chat3_user.tenant_api.transport import segment
from chat3_user.validation import validate


@given(st.text(max_size=50))
def test_a_value_stays_within_its_segment_of_a_path(value: str) -> None:
    url = URL(f"http://tenant-api/api/users/{segment(value)}/dialogs", encoded=True)
    parts = url.raw_path.split("/")
    assert [*parts[:3], parts[-1], len(parts)] == ["", "api", "users", "dialogs", 5]
    assert unquote(parts[3]) == value
    assert not url.raw_query_string
    assert not url.raw_fragment


@given(st.text(max_size=50))
def test_a_value_stays_within_its_parameter_of_a_query(value: str) -> None:
    query = urlencode({"page": 1, "filter": value, "limit": 10})
    url = URL(f"http://tenant-api/api/x?{query}", encoded=True)
    found = parse_qsl(urlsplit(str(url)).query, keep_blank_values=True)
    assert found == [("page", "1"), ("filter", value), ("limit", "10")]


@pytest.mark.parametrize(
    "value", [".", "..", "../../admin", "a/b", "%2e%2e", "dlg_x?y=1", "dlg_\n"]
)
def test_ids_that_would_leave_their_segment_are_refused_before_that(value: str) -> None:
    with pytest.raises(CallError, match="dialog_id"):
        validate(pb.GetDialogMessagesRequest(dialog_id=value))
