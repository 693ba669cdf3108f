"""`foreseen cluster`: shards on the nodes of a Ray cluster, fed by a broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Annotated

import typer

from foreseen.cli.terminal import print_json, report
from foreseen.core.errors import ConfigurationError
from foreseen.runners.crews.joining import joined

if TYPE_CHECKING:
    from foreseen.runners.links.link import Elsewhere

app = typer.Typer(no_args_is_help=True, help="Shards on the nodes of a Ray cluster.")

Address = Annotated[
    str, typer.Option(help="HOST:PORT of the cluster's head; auto: the one on this machine.")
]


@app.command()
def nodes(
    address: Address = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the nodes, and how many cores each has for shards."""
    with connected(address):
        import ray  # noqa: PLC0415 (an extra)

        found = [
            {
                "node": node["NodeID"],
                "address": node["NodeManagerAddress"],
                "alive": node["Alive"],
                "cores": int(node["Resources"].get("CPU", 0)),
            }
            for node in ray.nodes()  # type: ignore[no-untyped-call]  # the package has none here
        ]
    for node in found:
        if json:
            print_json(node)
        else:
            state = "alive" if node["alive"] else "lost"
            report.print(f"{node['address']:<24}{state:<7}{node['cores']:>4} cores")


@app.command()
def manifest(
    kind: Annotated[str, typer.Argument(help="ray: a Ray cluster file; kuberay: a manifest.")],
) -> None:
    """Print a file to start a cluster with, to be edited."""
    files = {"ray": "ray-cluster.yaml", "kuberay": "kuberay.yaml"}
    if kind not in files:
        raise ConfigurationError(f"no manifest {kind!r}; there are {', '.join(files)}")
    typer.echo((resources.files("foreseen.cli") / "deploy" / files[kind]).read_text("utf-8"))


@contextmanager
def connected(address: str) -> Iterator["Elsewhere"]:
    """What starts shards on a cluster, for the length of a block.

    Raises:
        ConfigurationError: The extra is not installed.
        TransientError: There is no cluster at the address, or it does not take our token.
    """
    with joined(address):
        from foreseen.runners.links.actors import RayLinks  # noqa: PLC0415 (an extra)

        yield RayLinks
