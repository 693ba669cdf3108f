"""What the models promised and what came of it, side by side.

Read off the stored predictions by the model's own word, whatever else then decided: a match would
alert when its probability is at most the share in force. Assumed: a match is expected unless its
alert was escalated, so an open alert counts as a false one. Matches of a login session, or of a
host's day, are alike, so intervals come from drawing such clusters, not single matches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.control import taint
from foreseen.control.alerts import surprises
from foreseen.control.artefacts import content
from foreseen.core.alerts import AlertStatus
from foreseen.core.decisions import Basis
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import ContentHash, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.budget import Realised
from foreseen.schema.arrow import texts
from foreseen.studies.clustered import Truths, clustered_interval
from foreseen.studies.holding import Experience, share_in_force

LEAST_CLUSTERS = 10
"""Clusters below which an interval is told to be too narrow."""

_DAY = 24 * 60 * 60 * 1000
_SEED = 0  # the same draws in every run
_JUDGED = {
    Basis.EXPECTED.value,
    Basis.UNEXPECTED.value,
    Basis.OBSERVED.value,
    Basis.ASSISTED.value,
}
"""Bases under which the model's word was asked for and counted."""

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Promise:
    """A promised share of expected matches that alert, and the realised one.

    Attributes:
        rule: Whose matches; None for the tenant, for whom the promise is made: it is pooled over
            rules, and each rule's own rate lies around it.
        matches: Expected matches that a model judged.
        alerted: Those of them that a model did not expect.
        dismissed: Those of them that a person dismissed.
        promised: Share that was to alert, over all shares that were in force.
        realised: Share that did.
        low: Lower end of the 95 % interval of `realised`.
        high: Its upper end.
        clusters: Login sessions or host-days that the matches come from.
        inside: Whether the promise lies inside the interval.
        enough: Whether there are enough clusters for the interval to be trusted.
    """

    rule: str | None
    matches: int
    alerted: int
    dismissed: int
    promised: float
    realised: float
    low: float
    high: float
    clusters: int
    inside: bool
    enough: bool


@dataclass(frozen=True, slots=True)
class Promises:
    """Promises of a tenant.

    Attributes:
        tenant: The promise of all rules together; None when no match was judged.
        rules: Of each rule, in the order of their ids.
        days: Length of the time that was looked at.
        alerts: False alerts that models raised in it, in alerts, not in matches.
        asked_a_day: What a person asked for last; None where the budget is a share.
    """

    tenant: Promise | None
    rules: tuple[Promise, ...]
    days: float
    alerts: int
    asked_a_day: float | None


def promises(
    lake: Lake,
    engine: Engine,
    tenant: TenantId,
    *,
    since: int = 0,
    of: ContentHash | None = None,
) -> Promises:
    """Promised and realised rates of a tenant.

    Args:
        lake: Its predictions and matches.
        engine: Its dispositions and settings.
        tenant: Whose.
        since: Matches before this time are left out, ms UTC.
        of: Only what these models said, by the hash of their foresight; None: all that ever did.
    """
    found = judged_matches(lake, engine, tenant, since, of)
    rules = sorted(set(found.rules.tolist()))
    whole = _promise(None, found, np.ones(len(found.rules), np.bool_))
    each = [_promise(rule, found, found.rules == rule) for rule in rules]
    false = [
        alert
        for alert in surprises(engine, tenant)
        if alert.first_time >= since and alert.status is not AlertStatus.ESCALATED
    ]
    days = float(np.ptp(found.times)) / _DAY if len(found.times) else 0.0
    return Promises(
        tenant=whole,
        rules=tuple(one for one in each if one),
        days=days,
        alerts=len(false),
        asked_a_day=found.asked,
    )


def experience_of(found: Promises, share: float) -> Experience:
    """What the next models' share may learn from promises: nothing while they are kept.

    Args:
        found: Promises of the models in use.
        share: What their predictions were held to.
    """
    whole = found.tenant
    if whole is None or whole.inside:
        return Experience(share, share if whole is None else whole.promised)
    realised = Realised(whole.dismissed / whole.matches, whole.realised)
    return Experience(share, whole.promised, realised)


@dataclass(frozen=True, slots=True)
class Judged:
    """Expected matches that a model judged, a value a match in each array."""

    rules: npt.NDArray[np.str_]
    times: Reals
    clusters: npt.NDArray[np.int64]
    words: Reals
    promised: Reals
    alerted: Truths
    dismissed: Truths
    asked: float | None


def judged_matches(
    lake: Lake, engine: Engine, tenant: TenantId, since: int, of: ContentHash | None
) -> Judged:
    """Expected matches since a time and what these models, or all that ever did, said of them."""
    escalated = sorted(taint.escalated(engine, tenant))
    rows = _least_expected(_predictions(lake, tenant, since, escalated, of))
    artefacts, codes = np.unique(np.array(texts(rows, "artefacts"), str), return_inverse=True)
    shares = [_shares(engine, tenant, str(text)) for text in artefacts]
    held = np.array([share for share, _, _ in shares], np.float64)[codes]
    promised = np.array([share for _, share, _ in shares], np.float64)[codes]
    words = rows.column("probability").to_numpy().astype(np.float64)
    dismissed = np.isin(
        np.array(texts(rows, "match_uid"), str), sorted(taint.dismissed(engine, tenant))
    )
    alerted = np.logical_not(words > held)  # so a NaN alerts, too
    newest = shares[codes[int(np.argmax(_numbers(rows, "time")))]] if rows.num_rows else None
    return Judged(
        rules=np.array(texts(rows, "rule_id"), str),
        times=_numbers(rows, "time"),
        clusters=_clusters(lake, tenant, rows),
        words=words,
        promised=promised,
        alerted=alerted,
        dismissed=alerted & dismissed,
        asked=newest[2] if newest else None,
    )


def _predictions(
    lake: Lake, tenant: TenantId, since: int, escalated: Sequence[str], of: ContentHash | None
) -> pa.Table:
    """Predictions by a model, or by these models, on expected matches."""
    columns = ["match_uid", "rule_id", "time", "basis", "probability", "artefacts"]
    wanted = (
        (pc.field("tenant") == tenant)
        & (pc.field("time") >= since)
        & pc.field("basis").isin(sorted(_JUDGED))
        & pc.field("probability").is_valid()
        & ~pc.field("match_uid").isin(pa.array(escalated, pa.string()))
    )
    rows = lake.read("predictions", columns, wanted)
    if of is None:
        return rows
    own = [_hashes(text).get("foresight") == of for text in texts(rows, "artefacts")]
    return rows.filter(pa.array(own, pa.bool_()))


def _least_expected(rows: pa.Table) -> pa.Table:
    """One prediction a match: of several the one that is least expected."""
    uids = np.array(texts(rows, "match_uid"), str)
    order = np.lexsort((_numbers(rows, "probability"), uids))
    first = np.ones(len(order), np.bool_)
    first[1:] = uids[order][1:] != uids[order][:-1]
    return rows.take(np.sort(order[first]))


def _numbers(rows: pa.Table, name: str) -> Reals:
    return np.asarray(rows.column(name).to_numpy(), np.float64)


def _shares(engine: Engine, tenant: TenantId, artefacts: str) -> tuple[float, float, float | None]:
    """Share in force, share that it promises and alerts a day asked for, under some artefacts."""
    hashes = _hashes(artefacts)
    settings = _kept(engine, tenant, hashes.get("settings"))
    about = _kept(engine, tenant, hashes.get("foresight"))
    share = share_in_force(settings, about)
    steps = len(about["calibration"]["fused"]) + 1
    # Shares come in steps of one expected match; what does not make a whole step promises less.
    return share, int(share * steps * (1 + 1e-12)) / steps, settings.get("alerts_a_day")


def _hashes(artefacts: str) -> Mapping[str, ContentHash]:
    hashes: Mapping[str, ContentHash] = orjson.loads(artefacts)
    return hashes


def _kept(engine: Engine, tenant: TenantId, key: ContentHash | None) -> dict[str, Any]:
    if key is None:
        raise NotFoundError("a prediction does not name its settings or models; it cannot be told")
    told: dict[str, Any] = orjson.loads(content(engine, tenant, key))
    return told


def _clusters(lake: Lake, tenant: TenantId, rows: pa.Table) -> npt.NDArray[np.int64]:
    """Number of each match's login session or, without one, of its host's day."""
    names = ["match_uid", "session_uid", "host", "time"]
    matches = lake.read("matches", names, pc.field("tenant") == tenant)
    columns = (matches.column(name).to_pylist() for name in names)
    place = {
        uid: (host, "session", session) if session else (host, "day", time // _DAY)
        for uid, session, host, time in zip(*columns, strict=True)
    }
    numbers: dict[object, int] = {}
    return np.array(
        [numbers.setdefault(place.get(uid, uid), len(numbers)) for uid in texts(rows, "match_uid")],
        np.int64,
    )


def _promise(rule: str | None, found: Judged, of: Truths) -> Promise | None:
    """The promise of some of the matches; None without any."""
    matches, alerted = int(of.sum()), int(found.alerted[of].sum())
    if not matches:
        return None
    promised, realised = float(found.promised[of].mean()), alerted / matches
    clusters = len(np.unique(found.clusters[of]))
    low, high = clustered_interval(found.clusters[of], found.alerted[of], _SEED)
    return Promise(
        rule=rule,
        matches=matches,
        alerted=alerted,
        dismissed=int(found.dismissed[of].sum()),
        promised=promised,
        realised=realised,
        low=low,
        high=high,
        clusters=clusters,
        inside=low <= promised <= high,
        enough=clusters >= LEAST_CLUSTERS,
    )
