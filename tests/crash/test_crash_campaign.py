"""Nothing acknowledged is lost, and no alert doubled or missing, wherever the server ends.

A short campaign; `make crash` runs a long one.
"""

import pytest
from tests.crash.campaign import Order, run
from tests.crash.control import Nursery
from tests.crash.failpoints import Act, Armed
from tests.crash.faults import Kind
from tests.crash.report import text
from tests.crash.site import site

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("volumes")]


def test_kills_and_power_cuts_lose_double_and_miss_nothing(nursery: Nursery) -> None:
    result = run(Order(6, 4, seed=7), nursery)
    assert result.failures == []
    assert (result.total(Kind.KILL), result.total(Kind.CUT)) == (6, 4)
    assert sum(verdict.stored for verdict in result.closing) > 1_000
    assert sum(each.alerts for each in result.compared) > 20
    assert "Passed: 6 kills of the server, 4 power cuts, of the real server" in text(result)


def test_a_broker_that_dies_and_comes_back_loses_doubles_and_misses_nothing(
    nursery: Nursery,
) -> None:
    result = run(Order(0, 0, seed=7, restarts=2), nursery)
    assert result.failures == []
    assert (result.total(Kind.KILL), result.total(Kind.RESTART)) == (2, 2)
    assert sum(verdict.stored for verdict in result.closing) > 300
    assert sum(each.alerts for each in result.compared) > 5
    assert "2 restarts of the broker" in text(result)


def test_a_shards_process_that_dies_loses_doubles_and_misses_nothing(nursery: Nursery) -> None:
    result = run(Order(0, 0, seed=7, shard_kills=1), nursery)
    assert result.failures == []
    assert (result.total(Kind.KILL), result.total(Kind.SHARD)) == (1, 1)
    assert sum(verdict.stored for verdict in result.closing) > 100


@pytest.mark.parametrize(
    "place",
    ["intake.sync.before", "lake.events.sync.before", "lake.matches.log.sync.before"],
)
def test_a_power_cut_in_the_first_start_leaves_a_folder_that_starts(
    nursery: Nursery, place: str
) -> None:
    with site(nursery) as here:
        assert here.volume is not None
        here.trigger.set(Armed(place, 1, Act.FREEZE))
        server = here.start()
        assert server.stands_still(10)
        here.volume.cut()
        server.kill()
        here.volume.restore()
        here.begin()
        here.producer.go()
        here.wait_for_bodies(4)
        here.producer.pause()
        verdict = here.settle()
        assert verdict.faults == {}
        assert verdict.stored > 0
