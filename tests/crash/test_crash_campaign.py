"""Nothing acknowledged is lost, and no alert doubled or missing, wherever the server ends.

A short campaign; `make crash` runs a long one.
"""

import pytest
from tests.crash.campaign import Order, run
from tests.crash.control import Nursery
from tests.crash.failpoints import Act, Armed
from tests.crash.report import text
from tests.crash.site import site

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("volumes")]


def test_kills_and_power_cuts_lose_double_and_miss_nothing(nursery: Nursery) -> None:
    result = run(Order(6, 4, seed=7), nursery)
    assert result.failures == []
    assert (result.kills.total(), result.cuts.total()) == (6, 4)
    assert result.lines > 1_000
    assert sum(each.alerts for each in result.compared) > 20
    assert "Passed: 6 kills and 4 power cuts" in text(result)


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
