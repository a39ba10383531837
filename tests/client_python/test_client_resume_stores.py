"""A file with a resume token is never half-written, and never taken for something else."""

import asyncio
from pathlib import Path

import pytest

from chat3_client import FileStore, FolderStore


async def test_a_token_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "token"
    assert await FileStore(path).load() == ""
    await FileStore(path).save("abc")
    assert await FileStore(path).load() == "abc"
    await FileStore(path, durable=False).save("def")
    assert await FileStore(path).load() == "def"
    assert [each.name for each in tmp_path.iterdir()] == ["token"]


async def test_the_folder_of_a_token_is_made_when_the_first_one_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "token"
    assert await FileStore(path).load() == ""
    await FileStore(path).save("abc")
    assert await FileStore(path).load() == "abc"
    assert path.parent.stat().st_mode & 0o077 == 0


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


async def test_a_folder_keeps_the_tokens_of_many_users_whatever_their_names(tmp_path: Path) -> None:
    users = ["alice", "../alice", "a/b", "..", "%2e%2e", "ж" * 33, "ж" * 34, "ж" * 100]
    folder = tmp_path / "a" / "tokens"
    assert await FolderStore(folder).load("alice") == ""
    for user in users:
        await FolderStore(folder).save(user, f"of-{users.index(user)}")
    assert [await FolderStore(folder).load(user) for user in users] == [
        f"of-{number}" for number in range(len(users))
    ]
    assert len(list(folder.iterdir())) == len(users)
    assert folder.stat().st_mode & 0o077 == 0
    store = FolderStore(folder)
    await store.save("alice", "")
    assert await store.load("alice") == ""
    assert len(list(folder.iterdir())) == len(users) - 1


async def test_no_user_is_called_as_the_file_of_another_user(tmp_path: Path) -> None:
    """The name of a file is a hash when the user's own is too long."""
    store = FolderStore(tmp_path)
    await store.save("ж" * 100, "long")
    (file,) = tmp_path.iterdir()
    await store.save(file.name.removesuffix(".token"), "short")
    await store.save(file.name.removesuffix(".token").removeprefix("#"), "short")
    assert await store.load("ж" * 100) == "long"
