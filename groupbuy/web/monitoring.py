"""What watches over the platform: is it alive, is it ready, how is it doing."""

from collections.abc import Iterator, Mapping

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from groupbuy.analytics.health import Health, health
from groupbuy.http.counting import Counts, counts_of
from groupbuy.kernel.clock import utc_now

blueprint = Blueprint("monitoring", __name__)
TEXT = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/healthz", endpoint="healthz")
def healthz() -> Response:
    """Answer that the process is alive; touches nothing."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz", endpoint="readyz")
def readyz() -> Response:
    """Answer ok when the database can be read; a failure becomes the platform's 503."""
    health(now=utc_now())
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/metrics", endpoint="metrics")
def metrics() -> Response:
    """Return the figures of the platform for Prometheus.

    They are read from the database, or counted by all web processes of this server together, so every
    process gives the same ones.
    """
    registry = CollectorRegistry()
    registry.register(_Figures(health(now=utc_now())))
    registry.register(_Answers(counts_of()))
    return Response(generate_latest(registry), content_type=TEXT)


class _Figures(Collector):
    """Names the figures as Prometheus wants them."""

    def __init__(self, figures: Health) -> None:
        self.figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each figure."""
        figures = self.figures
        if figures.tick_age is not None:
            yield _one("groupbuy_last_tick_age_seconds", "Since the scheduler's last tick.", figures.tick_age)
        yield _one("groupbuy_jobs_waiting", "Jobs that are due and not done.", figures.jobs_waiting)
        yield _one("groupbuy_rounds_overdue", "Rounds a minute past their cut-off.", figures.rounds_overdue)
        yield _one("groupbuy_orders_last_hour", "Orders placed in the last hour.", figures.orders_last_hour)
        yield _many("groupbuy_jobs", "Jobs by state.", "state", figures.jobs)
        yield _many("groupbuy_rounds", "Rounds by state.", "state", figures.rounds)
        lateness = "The last hour's worst lateness of openings and closings."
        yield _many("groupbuy_lateness_seconds", lateness, "kind", figures.worst_lateness)


class _Answers(Collector):
    """Names what this server answered and holds as Prometheus wants it."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Yield each figure; the rate of errors is how fast the class 5xx grows."""
        family = CounterMetricFamily("groupbuy_answers", "Answers by class of status.", labels=["status"])
        for name, number in self.counts.answers().items():
            family.add_metric([name], number)
        yield family
        held, most = self.counts.connections()
        yield _one("groupbuy_pool_in_use", "Database connections that web processes hold.", held)
        yield _one("groupbuy_pool_in_use_most", "The same of the process that holds most.", most)


def _one(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)


def _many(name: str, help_text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
