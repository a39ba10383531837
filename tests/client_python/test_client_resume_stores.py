"""A file with a resume token is never half-written, and never taken for something else."""

import asyncio
from pathlib import Path

import pytest

from chat3_client import FileStore


async def test_a_token_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "token"
    assert await FileStore(path).load() == ""
    await FileStore(path).save("abc")
    assert await FileStore(path).load() == "abc"
    await FileStore(path, durable=False).save("def")
    assert await FileStore(path).load() == "def"
    assert [each.name for each in tmp_path.iterdir()] == ["token"]


async def test_an_empty_token_forgets_the_last(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "token")
    await store.save("abc")
    await store.save("")
    assert await store.load() == ""
    await store.save("")


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe", b"two words"])
async def test_a_file_that_holds_no_token_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(OSError, match="no resume token"):
        await FileStore(path).load()


async def test_a_write_that_fails_leaves_the_old_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path / "token")
    await store.save("old")

    def full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="space"):
        await store.save("new")
    assert await store.load() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["token"]


async def test_a_later_token_is_never_overwritten_by_an_earlier_one(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "token", durable=False)
    await asyncio.gather(*[store.save(f"{n:03}") for n in range(100)])
    assert await store.load() == "099"
    # A thread that comes late, because whoever waited for it was cancelled.
    store._write_in_order(99, "098")
    assert await store.load() == "099"
