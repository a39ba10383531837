"""Meta the platform would change, lose or refuse is refused before it is sent."""

import math
from typing import Any

import pytest

from chat3_user.validation import check_meta
from chat3_user.validation.meta import LEVELS_WORDS, URL_WORDS
from chat3_user.validation.meta_keys import KEY_WORDS, PREFIX_WORDS


def paths(meta: dict[str, Any], message_type: str = "") -> list[str]:
    return [violation.field for violation in check_meta(meta, message_type)]


def nested(levels: int) -> dict[str, Any]:
    """Return an object of so many levels, the outermost included."""
    value: dict[str, Any] = {"k": 1}
    for _ in range(levels - 1):
        value = {"k": value}
    return value


def test_meta_the_platform_keeps_is_accepted() -> None:
    meta = {
        "b": False,
        "z": 0,
        "o": {"a": [1, None, ""], "e": "", "big": 1e300, "a.b": 1, "p": {"value": 1}},
        "name": "x",
        "A_9": "text",
        "max": 2**53 - 1,
        "half": -0.5,
    }
    assert check_meta(meta, "internal.text") == []


@pytest.mark.parametrize("key", ["", "a-b", "a.b", "ключ", "k" * 101, "a b"])
def test_top_level_keys_have_an_alphabet(key: str) -> None:
    (violation,) = check_meta({key: 1}, "")
    assert violation.description == KEY_WORDS


@pytest.mark.parametrize(
    "key", ["id", "_id", "__v", "createdAt", "addedAt", "__proto__", "_bsontype", "$set", "a\0b"]
)
def test_keys_the_platform_takes_for_itself_are_refused_at_every_depth(key: str) -> None:
    assert len(paths({"o": {key: 1}})) == 1
    assert len(paths({"o": [[{key: "x"}]]})) == 1
    assert len(paths({"o": [1, {"p": {key: "x"}}]})) == 1


def test_null_is_refused_in_objects_and_kept_in_lists() -> None:
    assert paths({"a": None, "o": {"n": None}, "l": [None, [None], {"n": None}]}) == [
        "meta.a",
        "meta.o.n",
        "meta.l[2].n",
    ]


def test_a_name_beside_user_and_tenant_is_refused() -> None:
    user = {"userId": "u", "tenantId": "t", "name": "x"}
    assert paths(user) == ["meta.name"]
    assert paths({"o": [user]}) == ["meta.o[0].name"]
    assert paths({"userId": "u", "name": "x"}) == []


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite_at_every_depth(number: float) -> None:
    assert paths({"n": number, "o": {"n": [number]}}) == ["meta.n", "meta.o.n[0]"]


def test_top_level_values_keep_what_the_platforms_schema_asks() -> None:
    assert paths({"e": "", "n": 2**53, "m": -1e300, "o": {"value": 1, "dataType": "number"}}) == [
        "meta.e",
        "meta.n",
        "meta.m",
        "meta.o",
    ]


def test_levels_are_counted_from_the_meta_object_itself() -> None:
    assert check_meta(nested(16), "") == []
    (violation,) = check_meta(nested(17), "")
    assert violation.description == LEVELS_WORDS
    assert paths({"k": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]})


@pytest.mark.parametrize("kind", ["image", "file", "audio", "video", "sticker"])
@pytest.mark.parametrize("url", [None, "", " \ufeff", 5, "x" * 2049])
def test_media_need_a_url(kind: str, url: object) -> None:
    found = check_meta({} if url is None else {"url": url}, f"internal.{kind}")
    assert URL_WORDS in [violation.description for violation in found]


def test_other_types_need_no_url() -> None:
    assert check_meta({}, "internal.contact") == []
    assert check_meta({"url": "x" * 2048}, "internal.file") == []


def test_the_services_own_prefix_is_refused_at_the_top_level_only() -> None:
    (violation,) = check_meta({"chat3_key": 1, "o": {"chat3_key": 1}}, "")
    assert violation.field == "meta.chat3_key"
    assert violation.description == PREFIX_WORDS


def test_paths_stay_short_and_printable() -> None:
    assert paths({"o": {"a b\n": None}}) == ['meta.o["a b\\n"]']
    deep = {"k": 1.0}
    for _ in range(15):
        deep = {"k" * 100: deep}  # type: ignore[dict-item]  # JSON of growing depth
    assert all(len(path) <= 200 for path in paths({"o": deep}))
