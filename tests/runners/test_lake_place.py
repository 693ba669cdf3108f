"""An installation has one lake, and whoever opens its data folder finds that one."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pyarrow.fs as pafs
import pytest
from tests.cli.commands import execve
from tests.lake.object_store import BUCKET, options, s3_server
from tests.runners.installation import NOW, drain, fill
from tests.runners.test_retraining import SETTINGS, Tended

from foreseen.control import jobs
from foreseen.control.database import opened
from foreseen.control.jobs import JobState
from foreseen.control.store_places import lake_place
from foreseen.core.errors import ConfigurationError, ForeseenError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Lake
from foreseen.runners.lake_place import HowS3, control_of, lake_of, move_lake, no_s3, own_lake
from foreseen.runners.life.retraining import Place, Retraining
from foreseen.runners.server import Addresses, stores


@pytest.fixture(scope="module")
def s3() -> Iterator[HowS3]:
    """How a fresh S3 server is reached."""
    with s3_server() as endpoint:
        yield lambda: options(endpoint)


def taken(data: Path, lake: str | None = None, s3: HowS3 = no_s3) -> str:
    """Where a server that starts and stops had its lake."""
    with stores(data, Addresses(lake=lake, s3=s3)) as opened_stores:
        return opened_stores.lake.place.uri


def kept(data: Path) -> str | None:
    with opened(data / "control.db") as engine:
        return lake_place(engine)


def test_a_server_keeps_where_its_lake_lies_and_finds_it_again(tmp_path: Path, s3: HowS3) -> None:
    address = f"s3://{BUCKET}/again"
    assert taken(tmp_path, f"{address}/", s3) == address
    assert kept(tmp_path) == address
    assert taken(tmp_path, s3=s3) == address
    with control_of(tmp_path) as engine:
        assert lake_of(tmp_path, engine, s3).place.uri == address
    assert not (tmp_path / "lake").exists()


def test_nothing_that_is_secret_is_kept(tmp_path: Path, s3: HowS3) -> None:
    taken(tmp_path, f"s3://{BUCKET}/secret", s3)
    for file in tmp_path.glob("control.*"):
        assert b"the-secret" not in file.read_bytes()


def test_a_folder_that_was_moved_has_its_lake_with_it(tmp_path: Path) -> None:
    taken(tmp_path / "here")
    assert kept(tmp_path / "here") == "lake"
    (tmp_path / "here").rename(tmp_path / "there")
    assert taken(tmp_path / "there") == str(tmp_path / "there" / "lake")
    assert taken(tmp_path / "there", str(tmp_path / "there" / "lake"))  # the same in other words


def test_another_address_is_refused_with_the_way_to_change_it(tmp_path: Path, s3: HowS3) -> None:
    taken(tmp_path)
    with pytest.raises(ConfigurationError, match=r"its lake lies in .*foreseen lake moved s3://"):
        taken(tmp_path, f"s3://{BUCKET}/other", s3)
    assert kept(tmp_path) == "lake"


def test_a_folder_of_an_older_version_is_not_given_an_empty_lake(tmp_path: Path, s3: HowS3) -> None:
    fill(tmp_path, [execve(1, "id")])
    drain(tmp_path)  # as an older version did: no address is kept
    assert kept(tmp_path) is None
    with pytest.raises(ConfigurationError, match="this is not the lake that"):
        taken(tmp_path, f"s3://{BUCKET}/empty", s3)
    assert taken(tmp_path) == str(tmp_path / "lake")
    assert kept(tmp_path) == "lake"


def test_without_keys_it_says_which_variables_to_set(tmp_path: Path, s3: HowS3) -> None:
    taken(tmp_path, f"s3://{BUCKET}/keys", s3)
    with control_of(tmp_path) as engine, pytest.raises(ConfigurationError, match="AWS_ACCESS_KEY"):
        lake_of(tmp_path, engine)
    with pytest.raises(ConfigurationError, match="AWS_ACCESS_KEY"):
        taken(tmp_path)


def test_what_works_in_the_data_folder_alone_refuses_a_lake_elsewhere(
    tmp_path: Path, s3: HowS3
) -> None:
    taken(tmp_path, f"s3://{BUCKET}/elsewhere", s3)
    with control_of(tmp_path) as engine, pytest.raises(ConfigurationError, match="elsewhere, and"):
        own_lake(tmp_path, engine)


def moved(data: Path, to: str, s3: HowS3) -> str:
    with opened(data / "control.db") as engine:
        return move_lake(data, engine, to, s3, now=NOW).place.uri


def copy(data: Path, prefix: str, s3: HowS3) -> str:
    """Copy the lake of a folder to S3, as `aws s3 sync` does."""
    how = s3()
    assert how is not None
    store = pafs.S3FileSystem(
        access_key=how.access_key,
        secret_key=how.secret_key,
        region=how.region,
        endpoint_override=how.endpoint,
    )
    pafs.copy_files(str(data / "lake"), f"{BUCKET}/{prefix}", destination_filesystem=store)
    return f"s3://{BUCKET}/{prefix}"


@pytest.mark.long
def test_a_lake_that_was_copied_is_taken_and_the_work_goes_on(tmp_path: Path, s3: HowS3) -> None:
    fill(tmp_path, [execve(1, "id")])
    drain(tmp_path)
    before = Lake.open(tmp_path / "lake").read("events")
    address = copy(tmp_path, "copied", s3)
    assert moved(tmp_path, address, s3) == taken(tmp_path, s3=s3) == address
    with control_of(tmp_path) as engine:
        assert lake_of(tmp_path, engine, s3).read("events").equals(before)


def test_what_is_no_whole_copy_is_not_taken(tmp_path: Path, s3: HowS3) -> None:
    fill(tmp_path, [execve(1, "id")])
    drain(tmp_path)
    with pytest.raises(NotFoundError, match="copy it there first"):
        moved(tmp_path, f"s3://{BUCKET}/nothing", s3)
    older = copy(tmp_path, "older", s3)
    fill(tmp_path, [execve(2, "id")])
    drain(tmp_path)
    empty = Lake.open(f"s3://{BUCKET}/none", s3=s3()).place.uri
    for address in (older, empty):
        with pytest.raises(ForeseenError, match=r"copy it again|this is not the lake"):
            moved(tmp_path, address, s3)
    assert kept(tmp_path) is None


def test_a_lake_of_another_installation_is_not_taken_by_mistake(tmp_path: Path, s3: HowS3) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for data in (ours, theirs):
        fill(data, [execve(1, "id")])
        drain(data)
        taken(data, s3=s3)
    with pytest.raises(ConfigurationError, match="belongs to another installation"):
        moved(ours, str(theirs / "lake"), s3)
    assert taken(ours, s3=s3) == str(ours / "lake")


def test_a_lake_whose_former_place_is_gone_is_taken_and_nothing_is_made_there(
    tmp_path: Path, s3: HowS3
) -> None:
    data, gone = tmp_path / "data", tmp_path / "gone"
    fill(data, [execve(1, "id")])
    drain(data)
    shutil.copytree(data / "lake", gone)
    moved(data, str(gone), s3)
    gone.rename(tmp_path / "new")
    gone.mkdir()
    assert moved(data, str(tmp_path / "new"), s3) == str(tmp_path / "new")
    assert not list(gone.iterdir())


@pytest.mark.slow
def test_models_of_a_lake_in_s3_are_trained_again(tmp_path: Path, s3: HowS3) -> None:
    addresses = Addresses(lake=f"s3://{BUCKET}/models", s3=s3)
    with stores(tmp_path / "data", addresses) as found:
        installed = Tended(tmp_path, found)
        installed.train()
        installed.dismiss()
        place = Place(tmp_path / "data", DEFAULT_TENANT, installed.rules, s3=s3)
        keeper = Retraining((found, installed.live), SETTINGS, place, lambda: installed.now)
        assert keeper.look(Event()) == "retrain"
        (job,) = jobs.jobs(found.control, DEFAULT_TENANT)
    assert (job.state, job.error) == (JobState.DONE, None)
    assert not (tmp_path / "data" / "lake").exists()
