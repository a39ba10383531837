"""Whether this process traces, by the standard `OTEL_*` variables, and where its spans go.

The SDK and the exporter are an extra. Variables that cannot be followed are reported and nothing is
traced: telemetry never keeps the service from its work.
"""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider

from chat3_user.telemetry.early import Early, share_of
from chat3_user.telemetry.otel import OtelTracing
from chat3_user.telemetry.tracing import OFF, Tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

log = logging.getLogger(__name__)

_SCOPE: Final = "chat3_user"
_DISTRIBUTION: Final = "chat3-gateway"
_EXPORTERS: Final = "OTEL_TRACES_EXPORTER"
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_BY_PROTOCOL: Final = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
_EXPORT_WITHIN: Final = 3.0
"""Seconds for which a process that ends waits for its last spans to be taken."""

_EXTRA: Final = f"pip install '{_DISTRIBUTION}[otel]'"


class _CannotTraceError(Exception):
    """The variables ask for what is not there; the text says what, and how to get it."""

    @property
    def loggable(self) -> str:
        """The text."""
        return str(self)


@asynccontextmanager
async def opened(environment: Mapping[str, str] = os.environ) -> AsyncIterator[Tracing]:
    """Trace within the block as the variables say; at its end what is left is exported.

    A tracer provider that somebody has set already is used as it is. Each worker opens its own: the
    threads that export belong to one process.
    """
    theirs = get_tracer_provider()
    if not isinstance(theirs, ProxyTracerProvider):
        yield OtelTracing(theirs.get_tracer(_SCOPE, _version()))
        return
    try:
        made = _provider(environment)
    except _CannotTraceError as error:
        log.warning("nothing is traced", extra={"problem": error})
        made = None
    if made is None:
        yield OFF
        return
    provider, early = made
    try:
        yield OtelTracing(provider.get_tracer(_SCOPE, _version()), early)
    finally:
        await _exported(provider)


async def _exported(provider: "TracerProvider") -> None:
    """Export what is left, and give up when the collector does not take it in time."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def export() -> None:
        provider.shutdown()
        with suppress(RuntimeError):  # nobody waits any more
            loop.call_soon_threadsafe(done.set)

    # Neither the loop's end nor the process's waits for such a thread.
    threading.Thread(target=export, name="traces-export", daemon=True).start()
    try:
        async with asyncio.timeout(_EXPORT_WITHIN):
            await done.wait()
    except TimeoutError:
        log.warning("the last spans were not exported in time", extra={"seconds": _EXPORT_WITHIN})


def _provider(environment: Mapping[str, str]) -> "tuple[TracerProvider, Early | None] | None":
    """Return a provider that exports as the variables say; none where they ask for nothing.

    Beside it stands what is known of its sampler, where that is known.

    Raises `_CannotTraceError`.
    """
    names = _exporters(environment)
    if not names:
        return None
    try:
        from opentelemetry.sdk.resources import (  # noqa: PLC0415 - an extra
            OTELResourceDetector,
            Resource,
        )
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra

        from chat3_user.telemetry.exporting import DrawnIds, ReportedExporter  # noqa: PLC0415 - by the extra
    except ImportError as error:
        raise _CannotTraceError(f"the OpenTelemetry SDK is not installed: {_EXTRA}") from error
    exporters = [ReportedExporter(_loaded(name), name) for name in names]
    ours = {"service.name": _DISTRIBUTION, "service.version": _version()}
    given = OTELResourceDetector().detect().attributes
    resource = Resource.create({**ours, "process.pid": os.getpid(), **given})
    ids, share = DrawnIds(), share_of(environment)
    provider = TracerProvider(resource=resource, shutdown_on_exit=False, id_generator=ids)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    log.info("tracing", extra={"exporters": ",".join(names)})
    return provider, None if share is None else Early(share, ids.begin)


def _exporters(environment: Mapping[str, str]) -> list[str]:
    """Return the exporters that the variables ask for, by the names of their entry points."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    asked = environment.get(_EXPORTERS, "")
    if not asked.strip():
        asked = "otlp" if any(environment.get(name) for name in _ENDPOINTS) else "none"
    return [_entry(name, environment) for name in _words(asked) if name != "none"]


def _words(text: str) -> Iterator[str]:
    return (word.strip() for word in text.split(",") if word.strip())


def _entry(exporter: str, environment: Mapping[str, str]) -> str:
    if exporter != "otlp":
        return exporter
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), "")
    known = _BY_PROTOCOL.get(protocol.strip() or "http/protobuf")
    if known is None:
        expected = " or ".join(_BY_PROTOCOL)
        raise _CannotTraceError(f"{_PROTOCOLS[1]}: expected {expected}, got {protocol!r}")
    return known


def _loaded(name: str) -> Any:
    """Return an exporter, which reads its own variables.

    Raises `_CannotTraceError`.
    """
    found = list(entry_points(group="opentelemetry_traces_exporter", name=name))
    if not found:
        package = f"opentelemetry-exporter-{name.replace('_', '-')}"
        how = _EXTRA if name == _BY_PROTOCOL["http/protobuf"] else f"pip install {package}"
        raise _CannotTraceError(f"{_EXPORTERS}: there is no exporter {name}: {how}")
    try:
        return found[0].load()()
    except Exception as error:
        raise _CannotTraceError(f"the exporter {name} cannot start: {error!r}") from error


def _version() -> str:
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return ""
