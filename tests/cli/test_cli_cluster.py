"""Files to start a cluster with, and what is said where there is none."""

import json
import socket
from pathlib import Path

import jsonschema
import pytest
import ray
import yaml
from tests.cli.commands import foreseen
from typer.testing import CliRunner

from foreseen.cli.main import app
from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.errors import ConfigurationError, TransientError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Lake

RUNNER = CliRunner()


def test_the_ray_cluster_file_is_one_by_rays_own_schema() -> None:
    printed = RUNNER.invoke(app, ["cluster", "manifest", "ray"])
    place = Path(ray.__file__).parent / "autoscaler" / "ray-schema.json"
    jsonschema.validate(yaml.safe_load(printed.stdout), json.loads(place.read_text("utf-8")))


def test_the_kuberay_manifest_gives_every_container_the_token_and_its_share() -> None:
    printed = RUNNER.invoke(app, ["cluster", "manifest", "kuberay"])
    found = yaml.safe_load(printed.stdout)
    assert (found["apiVersion"], found["kind"]) == ("ray.io/v1", "RayCluster")
    assert found["spec"]["rayVersion"] == ray.__version__
    groups = [found["spec"]["headGroupSpec"], *found["spec"]["workerGroupSpecs"]]
    for group in groups:
        (container,) = group["template"]["spec"]["containers"]
        assert {each["name"] for each in container["env"]} == {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN"}
        assert container["resources"]["limits"] == container["resources"]["requests"]


@pytest.mark.parametrize("asked", ["helm", ""])
def test_an_unknown_manifest_names_those_that_there_are(asked: str) -> None:
    printed = RUNNER.invoke(app, ["cluster", "manifest", asked])
    assert printed.exit_code != 0
    assert "ray, kuberay" in str(printed.exception or printed.output)


def test_shards_on_other_machines_need_a_broker(tmp_path: Path) -> None:
    ran = foreseen("up", "--data", tmp_path / "data", "--port", "0", "--cluster", "auto")
    assert ran.code != 0
    assert "name a broker with --intake" in ran.err


TRAIN = ["models", "train", "--until", "2026-11-01"]


@pytest.mark.parametrize("command", [TRAIN, ["rules", "diff"]], ids=lambda command: command[0])
def test_where_no_cluster_listens_it_is_said_at_once(command: list[str], tmp_path: Path) -> None:
    with opened(tmp_path / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
    Lake.open(tmp_path / "lake")
    with socket.socket() as taken:  # bound and not listening: nobody else answers there
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        printed = RUNNER.invoke(app, [*command, "--data", str(tmp_path), "--cluster", address])
    assert isinstance(printed.exception, TransientError)
    assert f"{address}: no Ray cluster answers" in str(printed.exception)


@pytest.mark.parametrize("address", ["nowhere", ":6379", "head:", "head:0", "head:65536", ""])
def test_an_address_that_is_none_is_named(address: str) -> None:
    printed = RUNNER.invoke(app, ["rules", "diff", "--cluster", address])
    assert isinstance(printed.exception, ConfigurationError)
    assert "write HOST:PORT" in str(printed.exception)
