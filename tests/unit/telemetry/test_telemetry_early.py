"""What is known of the sampler ahead of it: never anything else than it would have said."""

import pytest
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from chat3_user.mapping.named import named_in
from chat3_user.telemetry import NO_CARRIER
from chat3_user.telemetry.early import Early, share_of
from support.recorded_spans import Recording

SAMPLER, ARGUMENT = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("variables", "share"),
    [
        ({}, 1.0),
        ({SAMPLER: ""}, 1.0),
        ({SAMPLER: "parentbased_always_on"}, 1.0),
        ({SAMPLER: "parentbased_always_off"}, 0.0),
        ({SAMPLER: " ParentBased_TraceIdRatio ", ARGUMENT: "0.05"}, 0.05),
        ({SAMPLER: "parentbased_traceidratio"}, 1.0),
        ({SAMPLER: "parentbased_traceidratio", ARGUMENT: "many"}, None),
        ({SAMPLER: "parentbased_traceidratio", ARGUMENT: "2"}, None),
        ({SAMPLER: "parentbased_traceidratio", ARGUMENT: "nan"}, None),
        # These do not do as the parent says.
        ({SAMPLER: "always_on"}, None),
        ({SAMPLER: "traceidratio", ARGUMENT: "0.05"}, None),
        ({SAMPLER: "of_somebody_else"}, None),
    ],
)
def test_the_share_is_known_of_samplers_that_do_as_the_parent_says(
    variables: dict[str, str], share: float | None
) -> None:
    assert share_of(variables) == share


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 1.0])
def test_it_refuses_what_the_sampler_refuses(share: float) -> None:
    begun: list[int] = []
    early, sampler = Early(share, begun.append), TraceIdRatioBased(share)
    refused = [trace_id for _ in range(2000) if (trace_id := early.refused())]
    assert len(begun) + len(refused) == 2000
    for taken, ids in ((True, begun), (False, refused)):
        for trace_id in ids:
            decision = sampler.should_sample(None, trace_id, "x").decision
            assert decision.is_sampled() is taken


def test_half_of_the_calls_are_recorded_each_in_the_trace_that_its_log_names() -> None:
    recording = Recording(ParentBased(TraceIdRatioBased(0.5)), share=0.5)
    logged = []
    for _ in range(400):
        with recording.tracing.call("s", "m", {}, "grpc") as span:
            logged.append(span.trace_id)
    recorded = {format(span.context.trace_id, "032x") for span in recording.spans}
    assert len(set(logged)) == 400
    assert recorded < set(logged)
    assert 100 < len(recorded) < 300


def test_a_sampled_parent_is_never_refused() -> None:
    recording = Recording(ParentBased(TraceIdRatioBased(0.0)), share=0.0)
    parent = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    traces = recording.tracing.deliveries("rabbitmq", "chat3_updates", named_in)
    assert traces is not None
    with recording.tracing.call("s", "m", parent, "grpc"):
        pass
    delivery = traces.delivery(b"{}", parent)
    assert delivery is not None
    with delivery:
        pass
    assert [format(span.context.trace_id, "032x") for span in recording.spans] == [TRACE] * 2


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_an_update_without_a_parent_is_taken_by_the_share(share: float) -> None:
    recording = Recording(ParentBased(TraceIdRatioBased(share)), share=share)
    traces = recording.tracing.deliveries("rabbitmq", "chat3_updates", named_in)
    assert traces is not None
    assert (traces.delivery(b"{}", NO_CARRIER) is not None) is bool(share)


def test_what_a_refused_call_asks_others_has_its_trace_and_no_span() -> None:
    recording = Recording(ParentBased(TraceIdRatioBased(0.0)), share=0.0)
    requests = recording.tracing.requests("127.0.0.1", 80)
    headers: list[dict[str, str]] = [{}, {}]
    came = {"baggage": "shop=north", "tracestate": "vendor=1"}
    with recording.tracing.call("s", "m", came, "grpc") as call:
        for each in headers:
            with requests.request("GET", "/x", each, 0):
                pass
        with recording.tracing.operation("redis", "claim"):
            pass
        assert recording.tracing.sampled_trace_id() == ""
    assert headers[0] == headers[1]
    version, trace_id, span_id, flags = headers[0].pop("traceparent").split("-")
    assert (version, trace_id, len(span_id), flags) == ("00", call.trace_id, 16, "00")
    # State belongs to a trace: to one that begins here, none has come.
    assert headers[0] == {"baggage": "shop=north"}
    assert not recording.spans


def test_a_call_after_a_refused_one_is_not_taken_for_it() -> None:
    recording = Recording(share=1.0)
    refused = {"traceparent": f"00-{TRACE}-{CALLER}-00"}
    with recording.tracing.call("s", "refused", refused, "grpc"):
        pass
    with (
        recording.tracing.call("s", "taken", {}, "grpc"),
        recording.tracing.operation("redis", "claim"),
    ):
        pass
    assert [span.name for span in recording.spans] == ["claim", "s/taken"]
