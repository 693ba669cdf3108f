"""Files to start a cluster with, and what is said where there is none."""

import json
from pathlib import Path

import jsonschema
import pytest
import ray
import yaml
from typer.testing import CliRunner

from foreseen.cli.main import app

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
    order = ["up", "--data", str(tmp_path / "data"), "--port", "0", "--cluster", "auto"]
    printed = RUNNER.invoke(app, order)
    assert "name a broker with --intake" in str(printed.exception or printed.output)
