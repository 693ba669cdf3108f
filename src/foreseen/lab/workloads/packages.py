"""Sources of the small C, Python and npm packages that the build host builds."""

import json
import tarfile
from io import BytesIO
from pathlib import Path

from foreseen.lab.layout import POOL, SYSTEM
from foreseen.lab.themes import Theme
from foreseen.lab.workloads.web import RELEASES


def publish(theme: Theme) -> None:
    """Put the sources of every package of a theme and the site's releases into the pool."""
    for name in theme.c_packages:
        pack(POOL / "src" / f"{name}.tar.gz", name, c_sources(name))
    for name in theme.python_packages:
        pack(POOL / "src" / f"{name}.tar.gz", name, python_sources(name))
    for name in theme.node_packages:
        pack(POOL / "src" / f"{name}.tar.gz", name, node_sources(name))
    (POOL / "src" / "environment.sh").write_text(_ENVIRONMENT)
    migrate = (SYSTEM / "src" / "migrate").read_bytes()
    for name in RELEASES:
        files = {"bin/migrate": migrate, "static/index.html": f"<p>{name}</p>".encode()}
        pack(POOL / "releases" / f"{name}.tar.gz", ".", files)


def pack(target: Path, folder: str, files: dict[str, bytes]) -> None:
    """Write an archive of files in a folder."""
    with tarfile.open(target, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            member.mode = 0o755 if name.endswith(".sh") or name == "configure" else 0o644
            archive.addfile(member, BytesIO(content))


def c_sources(name: str) -> dict[str, bytes]:
    """A program of four files with a configure script and a Makefile."""
    unit = f"int {name}_%d(int x) {{ return x * %d + 1; }}\n"
    files = {f"src/part{n}.c": (unit % (n, n)).encode() for n in range(1, 4)}
    calls = "".join(f"int {name}_{n}(int);" for n in range(1, 4))
    main = f'int main(void) {{ printf("%d\\n", {name}_1({name}_2(3))); return 0; }}\n'
    files["src/main.c"] = f"#include <stdio.h>\n{calls}\n{main}".encode()
    files["configure"] = _CONFIGURE
    files["Makefile.in"] = (
        "CC = @CC@\nOBJECTS = part1.o part2.o part3.o main.o\n"
        f"all: {name}\n%.o: src/%.c\n\t$(CC) -O1 -c -o $@ $<\n"
        f"{name}: $(OBJECTS)\n\t$(CC) -o $@ $(OBJECTS)\n"
        f"check: {name}\n\t./{name} > out.txt\n\ttest -s out.txt\n"
    ).encode()
    return files


def python_sources(name: str) -> dict[str, bytes]:
    """A package with an extension in C."""
    setup = (
        "from setuptools import Extension, setup\n"
        f"setup(name={name!r}, version='1.0', packages=[{name!r}],\n"
        f"      ext_modules=[Extension('{name}.fast', ['{name}/fast.c'])])\n"
    )
    return {
        "setup.py": setup.encode(),
        f"{name}/__init__.py": b"from .fast import twice\n",
        f"{name}/fast.c": _EXTENSION,
    }


def node_sources(name: str) -> dict[str, bytes]:
    """A package whose install script compiles and runs a helper."""
    package = {
        "name": name,
        "version": "1.0.0",
        "scripts": {"install": "sh build.sh", "test": "node -e 'require(\"./index.js\")(2)'"},
    }
    return {
        "package.json": json.dumps(package).encode(),
        "index.js": b"module.exports = (x) => x + x;\n",
        "helper.c": b'#include <stdio.h>\nint main(void) { puts("built"); return 0; }\n',
        "build.sh": b"dir=$(mktemp -d /tmp/npm-XXXXXXXX)\ncc -o $dir/helper helper.c\n"
        b"chmod +x $dir/helper\n$dir/helper > built.txt\nrm -rf $dir\n",
    }


_ENVIRONMENT = """id -u > /dev/null
dir=$(mktemp -d /tmp/envXXXXXX)
echo "export PROJECT=$1 MACHINE=$(uname -m)" > $dir/env.sh
chmod +x $dir/env.sh
$dir/env.sh
rm -rf $dir
"""

_EXTENSION = b"""#include <Python.h>
static PyObject *twice(PyObject *self, PyObject *x) { return PyNumber_Add(x, x); }
static PyMethodDef methods[] = {{"twice", twice, METH_O, 0}, {0}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "fast", 0, -1, methods};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&def); }
"""

_CONFIGURE = b"""#!/bin/sh
# Finds the compiler and tries whether what it makes can run.
system=`uname -s`
machine=`uname -m`
node=`hostname`
dir=`mktemp -d /tmp/cfXXXXXX`
for feature in stdlib string unistd; do
    echo "#include <$feature.h>
int main(void) { return 0; }" > $dir/conftest.c
    cc -o $dir/conftest $dir/conftest.c && $dir/conftest && echo "$feature yes"
done
rm -rf $dir
sed "s/@CC@/cc/" Makefile.in > Makefile
chmod +x configure
echo "$system $machine $node" > config.status
"""
