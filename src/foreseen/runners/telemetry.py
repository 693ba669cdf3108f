"""Spans of requests, commits and hunts by OpenTelemetry; without an endpoint there are none."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from foreseen import __version__
from foreseen.core.errors import ConfigurationError
from foreseen.runners.config.sections import Telemetry

log = logging.getLogger("foreseen.telemetry")

_ERROR = 500
_STANDARD = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_on = False


def nothing() -> None:
    """End what was not begun."""


def begin(settings: Telemetry, environment: Mapping[str, str]) -> Callable[[], None]:
    """Send spans from now on, if a receiver is named; returns what sends the last ones and ends.

    Args:
        settings: The receiver; standard variables of the environment count where it names none.
        environment: Variables.

    Raises:
        ConfigurationError: The extra is not installed.
    """
    global _on  # noqa: PLW0603 (OpenTelemetry's provider is one per process, too)
    off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if off or (settings.endpoint is None and not any(map(environment.get, _STANDARD))):
        return nothing
    try:
        provider = _provider(settings)
    except ImportError as error:
        raise ConfigurationError(
            "telemetry.endpoint needs the extra: pip install 'foreseen[telemetry]'"
        ) from error
    trace.set_tracer_provider(provider)
    _on = True
    ended: Callable[[], None] = provider.shutdown
    return ended


def _provider(settings: Telemetry) -> Any:  # noqa: ANN401 (a class of an extra)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 (an extra)
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 (an extra)
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 (an extra)
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 (an extra)
    from opentelemetry.sdk.trace.sampling import (  # noqa: PLC0415 (an extra)
        ParentBased,
        TraceIdRatioBased,
    )

    place = settings.endpoint
    exporter = OTLPSpanExporter(
        endpoint=f"{place.rstrip('/')}/v1/traces" if place else None,
        headers=_headers(settings),
    )
    about = {"service.name": settings.service_name, "service.version": __version__}
    provider = TracerProvider(
        resource=Resource.create(about), sampler=ParentBased(TraceIdRatioBased(settings.share))
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _headers(settings: Telemetry) -> dict[str, str] | None:
    if settings.headers is None:
        return None
    pairs = [each.partition("=") for each in settings.headers.value.split(",")]
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


@contextmanager
def span(name: str, **facts: str | int | float | bool) -> Iterator[None]:  # noqa: PYI041 (as told)
    """A stretch of work as a span; nothing where telemetry is off."""
    if not _on:
        yield
        return
    with trace.get_tracer("foreseen").start_as_current_span(name, attributes=facts):
        yield


@dataclass(frozen=True, slots=True)
class RequestSpan:
    """The span of a request; None: telemetry is off."""

    held: Span | None

    def answered(self, method: str, route: str, status: int) -> None:
        """Name it after its route, once that is known; its path and query are never told."""
        if self.held is None:
            return
        self.held.update_name(f"{method} {route}")
        self.held.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= _ERROR:
            self.held.set_status(StatusCode.ERROR)


_OFF = RequestSpan(None)


@contextmanager
def request_span(scope: Mapping[str, Any]) -> Iterator[RequestSpan]:
    """The span of a request, under the caller's if it names one."""
    if not _on:
        yield _OFF
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    with trace.get_tracer("foreseen").start_as_current_span(
        scope["method"],
        context=propagate.extract(headers),
        kind=SpanKind.SERVER,
        attributes={"http.request.method": scope["method"]},
    ) as held:
        yield RequestSpan(held)
