"""Streams of whole tenants against full recordings of the broker: equal, also across resumes.

In each schedule the platform is upgraded from old routing keys to new ones while workers, clients
and connections die, and in some the broker itself is killed. Every chain of streams must be a part
of the log without a break: from where it began to the end, in the log's order, each update once.
What the log lacks of the recorded queue, a restarting broker lost: only a gap excuses that.

`SCHEDULES` says how many schedules there are, `SEED` where they begin.
"""

import asyncio
import os
import random
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress

import pytest

from support.faults.archive import Archive
from support.faults.checker import Verdict, covers
from support.faults.client import StreamClient
from support.faults.history import Address, ClientHistory, Publication
from support.faults.recording import Recorded, Recording, wanted
from support.faults.schedules import Plan, Schedule
from support.faults.world import World, world
from support.gateway import KEY
from support.patience import HANGS
from support.rabbitmq import RabbitMQ

SCHEDULES = int(os.environ.get("SCHEDULES", "20"))
SEED = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
_BROKER_EVERY = 5
"""Every so many schedules the broker itself is killed."""

_FILTERS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    ((), ()),
    ((), ()),
    (("MESSAGE_CREATED", "MESSAGE_EDITED", "TYPING"), ()),
    ((), ("dlg_00000000000000000000",)),
    (("MESSAGE_CREATED", "DIALOG_CREATED"), ("dlg_ydilh8cuh0grd04mctjy",)),
)
"""Kinds and dialogs; all recorded updates that are of a dialog are of one."""

_PLAN = Plan(seats=(6, 8), updates=200, phones=0.0, back_ends=0.0, archives=1.0)


def differences(
    archive: Archive, logged: Sequence[Recorded], published: Mapping[str, Publication]
) -> list[str]:
    """Name what of an archive is not as the log has it: a part without a break, to the end."""
    due, kept = wanted(logged, archive.tenant, archive.kinds, archive.dialogs), archive.kept
    begin = due.index(kept[0]) if kept and kept[0] in due else len(due)
    name, part = f"{archive.history.name} of {archive.tenant}", due[begin:]
    found = []
    late = [one for one in due[:begin] if published[one[1]].started > archive.begun]
    if late:
        found.append(f"{name} begins behind {late}")
    if part != kept:
        pairs = enumerate(zip(kept, part, strict=False))
        place = next((n for n, (one, other) in pairs if one != other), min(len(kept), len(part)))
        has, log_has = kept[place : place + 2], part[place : place + 2]
        found.append(f"{name} at {place} of {len(kept)}: {has}, in the log {log_has}")
    return found


class RecordedSchedule(Schedule):
    """A schedule whose clients are archives, some of them with filters, on a recorded broker."""

    def __init__(self, made: World, seed: int, *, with_broker: bool) -> None:
        super().__init__(made, seed, with_broker=with_broker, plan=_PLAN)
        self.archives: list[Archive] = []
        self.recording = Recording(made.rabbitmq.url)
        self.compared: list[str] = []
        self.lost_by_the_broker = 0

    def _client(self, number: int, address: Address, port: int) -> StreamClient:
        recorder, rng = self._world.recorder, random.Random(self._rng.random())
        kinds, dialogs = _FILTERS[number % len(_FILTERS)]
        users = [other for other in self._addresses if other.tenant == address.tenant]
        names = [(f"c{number}/{user.user}", user) for user in users]
        begin = ClientHistory if kinds or dialogs else recorder.client
        histories = [begin(*named) for named in names]
        archive = Archive(recorder, histories, port, KEY, rng, kinds=kinds, dialogs=dialogs)
        self.archives.append(archive)
        return archive

    async def _do_harm(self) -> None:
        """Begin when all streams are open, and let all archives come back at the end."""
        async with asyncio.timeout(HANGS):
            await asyncio.gather(*(archive.live.wait() for archive in self.archives))
        await super()._do_harm()
        await self.storm()

    async def _settle(self) -> None:
        """Wait until all have what the log has, and compare them with the recordings."""
        await super()._settle()
        by_id = self._world.recorder.publications
        logged = [
            one for one in await self.recording.logged(self._world.log) if one.update_id in by_id
        ]
        for archive in self.archives:
            with suppress(TimeoutError):
                async with asyncio.timeout(HANGS):
                    while differences(archive, logged, by_id):
                        await self._world.recorder.changed()
            self.compared += differences(archive, logged, by_id)
        published = await self.recording.published()
        in_log = {(one.tenant, *one.name) for one in logged}
        of_broker = {(one.tenant, *one.name) for one in published}
        lacking = [
            publication
            for name in of_broker - in_log
            if (publication := by_id[name[2]]).confirmed is not None
        ]
        self.lost_by_the_broker = len(lacking)
        for archive in self.archives:
            strange = [name for name in archive.kept if (archive.tenant, *name) not in of_broker]
            if strange:
                self.compared.append(f"{archive.history.name} has {strange}, never published")
            untold = [
                publication
                for publication in lacking
                if publication.address.tenant == archive.tenant
                and publication.started > archive.begun
                and not any(covers(gap, publication) for gap in archive.gaps)
            ]
            if untold:
                self.compared.append(f"{archive.history.name} was told of no gap for {untold}")


@pytest.mark.timeout(300 + 120 * SCHEDULES)
async def test_streams_of_a_tenant_equal_full_recordings_of_the_broker(
    broker: RabbitMQ, capsys: pytest.CaptureFixture[str]
) -> None:
    total, different, kept = Verdict(), list[str](), 0
    async with world(broker, SEED) as made:
        for seed in range(SEED, SEED + SCHEDULES):
            with_broker = seed % _BROKER_EVERY == 0
            schedule = RecordedSchedule(made, seed, with_broker=with_broker)
            await schedule.recording.start()
            verdict = await schedule.play()
            total.add(verdict)
            different += schedule.compared
            kept += sum(len(archive.kept) for archive in schedule.archives)
            await made.renew_lost_log()
            with capsys.disabled():
                print(f"\nseed {seed}: {verdict}; {len(schedule.compared)} different", end="")
                if schedule.lost_by_the_broker:
                    print(f"; the broker lost {schedule.lost_by_the_broker}", end="")
                if not verdict.kept or schedule.compared:
                    print("", *schedule.told, *verdict.findings(), *schedule.compared, sep="\n    ")
    with capsys.disabled():
        print(f"\n{SCHEDULES} schedules from seed {SEED}: {kept} kept by archives; {total}")
    assert total.kept, list(total.findings())
    assert not different
    assert kept > 100 * SCHEDULES
    assert total.streams > 10 * SCHEDULES, "archives have come back"
