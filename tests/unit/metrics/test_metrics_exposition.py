"""Metrics as text: each series of its worker, all workers as one text, exemplars where asked."""

import asyncio
from itertools import groupby

import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

from chat3_user.finished_call import FinishedCall
from chat3_user.metrics import Metrics
from chat3_user.metrics.exposition import Format
from support.scrape import Scraped

PLAIN = Format("text/plain;version=0.0.4")
OPEN = Format("application/openmetrics-text;version=1.0.0")
TRACE = "0af7651916cd43dd8448eb211c80319c"


def a_call(path: str = "/chat3.user.v1.UserService/GetMyself", **more: str) -> FinishedCall:
    given = {"protocol": "grpc", "status": "OK", "reason": "", "tenant": "t", "user": "u"} | more
    return FinishedCall(
        method="GetMyself",
        path=path,
        peer="192.0.2.1",
        seconds=0.003,
        upstream_seconds=0.0,
        upstream_requests=0,
        bytes_in=0,
        bytes_out=0,
        request_id="r",
        trace_id="",
        **given,
    )


def worker(*calls: FinishedCall, trace: str = "") -> Metrics:
    metrics = Metrics(lambda: trace)
    for call in calls:
        metrics.calls.finished(call)
    return metrics


async def text_of(form: Format, metrics: Metrics, number: int) -> bytes:
    return await form.text(metrics.instruments.registry, number)


@pytest.mark.parametrize("form", [PLAIN, OPEN, Format("")], ids=["plain", "openmetrics", "none"])
async def test_the_series_of_all_workers_stand_in_one_text(form: Format) -> None:
    first, second = worker(a_call()), worker(a_call(), a_call(status="NOT_FOUND"))
    text = form.joined([await text_of(form, first, 0), await text_of(form, second, 1)]).decode()
    parse = openmetrics if form is OPEN else parser
    names = [family.name for family in parse.text_string_to_metric_families(text)]
    assert len(names) == len(set(names))
    told = Scraped.of(text.removesuffix("# EOF\n"))
    calls = "chat3_calls_total"
    assert told.value(calls, worker="0") == 1
    assert told.value(calls, worker="1") == 2
    assert told.value(calls, worker="1", rpc_response_status_code="NOT_FOUND") == 1
    assert list(told.by("chat3_worker_up").values()) == [1.0, 1.0]
    assert all("worker" in dict(labels) for _, labels in told.series)


async def test_a_worker_that_does_not_answer_is_told() -> None:
    text = PLAIN.joined([await text_of(PLAIN, worker(a_call()), 0), None]).decode()
    told = Scraped.of(text)
    assert told.value("chat3_worker_up", worker="0") == 1
    assert told.by("chat3_worker_up", worker="1") == {frozenset({("worker", "1")}): 0.0}
    assert told.value("chat3_calls_total") == 1


async def test_the_text_of_workers_keeps_the_samples_of_a_family_together() -> None:
    texts = [await text_of(OPEN, worker(a_call()), number) for number in range(3)]
    lines = OPEN.joined(texts).decode().splitlines()
    described = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert len(described) == len(set(described))
    assert lines[-1] == "# EOF"
    assert lines.count("# EOF") == 1
    families = openmetrics.text_string_to_metric_families("\n".join(lines) + "\n")
    seconds = next(each for each in families if each.name == "rpc_server_call_duration_seconds")
    workers = [key for key, _ in groupby(sample.labels["worker"] for sample in seconds.samples)]
    assert workers == ["0", "1", "2"]


@pytest.mark.parametrize("form", [PLAIN, OPEN], ids=["plain", "openmetrics"])
async def test_a_family_of_many_series_lets_others_run_and_stays_whole(form: Format) -> None:
    paths = [f"/chat3.user.v1.UserService/Method{number}" for number in range(100)]
    metrics, turns = worker(*map(a_call, paths)), 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    others = asyncio.create_task(count_turns())
    text = form.joined([await text_of(form, metrics, 0)]).decode()
    others.cancel()
    families = len(metrics.instruments.described)
    assert turns >= families + 100 * 19 // 200
    assert text.count("# HELP rpc_server_call_duration_seconds") == 1
    told = Scraped.of(text.removesuffix("# EOF\n"))
    seconds = "rpc_server_call_duration_seconds_count"
    assert all(told.value(seconds, rpc_method=path[1:]) == 1 for path in paths)


async def test_a_sampled_call_leaves_its_trace_as_an_exemplar() -> None:
    metrics = worker(a_call(), trace=TRACE)
    text = OPEN.joined([await text_of(OPEN, metrics, 0)]).decode()
    exemplars = [
        sample.exemplar
        for family in openmetrics.text_string_to_metric_families(text)
        for sample in family.samples
        if sample.exemplar is not None
    ]
    assert [each.labels for each in exemplars] == [{"trace_id": TRACE}]
    assert TRACE not in PLAIN.joined([await text_of(PLAIN, metrics, 0)]).decode()


async def test_a_call_that_is_not_sampled_leaves_none() -> None:
    assert b"trace_id" not in await text_of(OPEN, worker(a_call()), 0)


async def test_connect_is_a_system_of_its_own_and_grpc_web_is_not() -> None:
    protocols = ("grpc", "grpc_web", "connect")
    metrics = worker(*(a_call(protocol=protocol) for protocol in protocols))
    told = Scraped.of((await text_of(PLAIN, metrics, 0)).decode())
    seconds = "rpc_server_call_duration_seconds_count"
    assert told.value(seconds, rpc_system_name="grpc") == 2
    assert told.value(seconds, rpc_system_name="connectrpc") == 1
    assert all(told.value("chat3_calls_total", chat3_protocol=each) == 1 for each in protocols)
