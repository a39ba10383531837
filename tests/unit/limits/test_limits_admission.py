import pytest

from chat3_user.errors import CallError
from chat3_user.limits.admission import Admission
from chat3_user.validation import Identity

ALICE = Identity("key-one", "tnt_one", "alice")


def test_a_place_is_given_back_however_a_call_ends() -> None:
    admission = Admission(calls=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), admission.call():
            raise ZeroDivisionError
    with admission.call(), pytest.raises(CallError, match="OVERLOADED"), admission.call():
        pass
    assert admission.calls == 0


def test_streams_are_counted_by_key_and_none_is_remembered() -> None:
    admission = Admission(streams_per_key=1)
    other = Identity("key-two", "tnt_one", "alice")
    with (
        admission.stream(ALICE),
        admission.stream(other),
        pytest.raises(CallError, match="TOO_MANY_STREAMS"),
        admission.stream(ALICE),
    ):
        pass
    with admission.stream(ALICE):
        pass
    assert not [count for count in admission._streams.values() if count]
