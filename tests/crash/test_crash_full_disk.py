"""A full disk: refused early, nothing lost, alerts go on, healed by itself when there is room."""

import time

import pytest
from tests.crash.control import Nursery, wait_until
from tests.crash.oracle import sent
from tests.crash.serve import KEEP_FREE_BYTES
from tests.crash.site import Site, site
from tests.crash.stores import holding

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("volumes")]
_HEALED_SECONDS = 5.0


def refusals(here: Site) -> int:
    return sent(here.ledgers).refusals.total()


def test_a_disk_with_little_space_refuses_and_still_decides(nursery: Nursery) -> None:
    with site(nursery) as here:
        assert here.volume is not None
        server = here.begin()
        here.producer.go()
        here.wait_for_bodies(8)
        here.volume.fill(leave=KEEP_FREE_BYTES - (2 << 20))
        assert wait_until(lambda: refusals(here) > 0, 10)
        assert server.answers("/readyz") == 503
        acked = here.acked()
        verdict = here.settle()
        assert verdict.faults == {}  # everything acknowledged is stored and decided meanwhile
        assert here.acked() == acked
        assert set(sent(here.ledgers).refusals) == {(503, 5.0)}
        here.volume.free()
        freed = time.monotonic()
        here.wait_for_bodies(acked + 4)
        assert time.monotonic() - freed <= _HEALED_SECONDS
        here.producer.pause()
        assert here.settle().faults == {}


def test_a_disk_without_any_space_loses_nothing_and_heals(nursery: Nursery) -> None:
    with site(nursery) as here:
        assert here.volume is not None
        server = here.begin()
        here.producer.go()
        here.wait_for_bodies(8)
        here.volume.fill(leave=0)
        assert wait_until(lambda: refusals(here) > 0, 10)
        time.sleep(2)  # the worker has met it too
        here.producer.pause()
        before = holding(here.data, whole=False).tables["events"].num_rows
        assert server.is_alive
        here.volume.free()
        freed = time.monotonic()
        verdict = here.settle()
        assert verdict.faults == {}
        assert time.monotonic() - freed <= _HEALED_SECONDS
        assert holding(here.data, whole=False).tables["events"].num_rows >= before
        here.producer.go()
        here.wait_for_bodies(here.acked() + 4)


def test_a_full_disk_in_the_middle_of_a_crash_and_a_restart_loses_nothing(
    nursery: Nursery,
) -> None:
    with site(nursery) as here:
        assert here.volume is not None
        server = here.begin()
        here.producer.go()
        here.wait_for_bodies(8)
        here.volume.fill(leave=0)
        server.kill()
        here.producer.pause()
        server = here.start()
        server.comes_up(3)  # it may refuse to, with a message; it must not harm anything
        here.volume.free()
        if not server.is_alive:
            here.begin()
        assert here.settle().faults == {}


def test_a_read_only_disk_is_told_at_the_start(nursery: Nursery) -> None:
    with site(nursery) as here:
        assert here.volume is not None
        server = here.begin()
        here.producer.go()
        here.wait_for_bodies(4)
        here.producer.pause()
        assert here.settle().faults == {}
        server.stop()
        here.volume.read_only()
        server = here.start()
        assert not server.comes_up()
        assert server.end() in {1, 2}
        assert f"{here.data / 'control.db'}: cannot be opened now" in here.messages
