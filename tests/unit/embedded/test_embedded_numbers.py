"""Numbers as JavaScript prints them."""

import pytest

from chat3_embedded.jsonvalues import number


@pytest.mark.parametrize("value", [1795424735959, 1795424735959.0])
def test_a_whole_number_has_no_fraction_however_sqlite_gives_it(value: float) -> None:
    assert str(number(value)) == "1795424735959"


def test_a_fraction_stays() -> None:
    assert str(number(1795424735959.186)) == "1795424735959.186"
