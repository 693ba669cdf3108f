"""The oracle has teeth: without syncs, or with a cursor that runs ahead, it does find losses."""

import pytest
from tests.crash.broker import entries_of, give
from tests.crash.control import Nursery, wait_until
from tests.crash.failpoints import Syncs
from tests.crash.faults import RANDOM, Fault, Kind, inflict
from tests.crash.oracle import Verdict
from tests.crash.site import Site, site

from foreseen.intake.entries import EntryKind

pytestmark = pytest.mark.slow
_CUT = Fault(Kind.CUT, RANDOM, 1, 0.3)
_KILL = Fault(Kind.KILL, RANDOM, 1, 0.3)


def survived(here: Site, fault: Fault) -> Verdict:
    """What the oracle says after a fault of the running server, however little can be read."""
    here.producer.go()
    here.wait_for_bodies(8)
    inflict(here, fault)
    server = here.start()
    if server.comes_up():
        return here.settle(6)
    return here.oracle.judge(here.readable())


@pytest.mark.usefixtures("volumes")
@pytest.mark.parametrize("syncs", [Syncs.NONE, Syncs.NOT_LAKE, Syncs.NOT_INTAKE])
def test_a_power_cut_without_syncs_loses_what_was_acknowledged(
    nursery: Nursery, syncs: Syncs
) -> None:
    with site(nursery) as here:
        here.begin().stop()  # the folder itself is sound
        here.begin(syncs=syncs)
        assert survived(here, _CUT).lost


def test_a_kill_without_syncs_loses_nothing_so_kills_alone_prove_little(nursery: Nursery) -> None:
    with site(nursery, on_volume=False) as here:
        here.begin(syncs=Syncs.NONE)
        assert survived(here, _KILL).faults == {}


def test_a_record_that_a_broker_has_twice_is_found(nursery: Nursery) -> None:
    with site(nursery, on_volume=False, with_broker=True) as here:
        assert here.broker is not None
        here.begin()
        here.producer.go()
        here.wait_for_bodies(4)
        here.producer.pause()
        assert here.settle().faults == {}
        records = here.broker.records()
        bodies = [each.entry.kind is EntryKind.DATA for each in entries_of(records)]
        give(here.broker, [records[bodies.index(True)]])
        assert wait_until(lambda: bool((here.look() or Verdict()).doubled), 20)


def test_a_cursor_that_is_saved_before_the_lakes_commit_is_found(nursery: Nursery) -> None:
    with site(nursery, on_volume=False) as here:
        here.begin(runs_ahead=True)
        verdict = survived(here, Fault(Kind.KILL, "control.checkpoint.after", 1, 0.3))
        assert verdict.lost
        assert "lost" in verdict.faults
