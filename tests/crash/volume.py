"""A disk that can be cut off, filled and freed: ext4 in a file behind a loop device; needs root.

A power cut: the file system is shut down at once without writing its journal (EXT4_IOC_SHUTDOWN),
the backing file holds what reached the platter by then; it is copied, the live one is thrown
away, and the copy is mounted, which replays the journal as after a real cut. Nothing is committed
behind our back: the journal's timer is set far off, and renames force nothing to the disk.
"""

import fcntl
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Self

_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2
_OPTIONS = "commit=600,noauto_da_alloc"
_BALLAST = "ballast"


def missing() -> str | None:
    """What this machine lacks for a volume; None: nothing."""
    if os.geteuid() != 0:
        return "power cuts and full disks need root (loop devices)"
    if not Path("/dev/loop-control").exists():
        return "power cuts and full disks need loop devices"
    tools = [tool for tool in ("mkfs.ext4", "losetup", "mount") if shutil.which(tool) is None]
    return f"power cuts and full disks need {', '.join(tools)}" if tools else None


class Volume:
    """A mounted file system of its own."""

    def __init__(self, work: Path, megabytes: int) -> None:
        self._work, self._image, self._cuts = work, work / "volume-0.img", 0
        self.folder = work / "volume"
        self.folder.mkdir(parents=True)
        with self._image.open("wb") as file:
            file.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", "-E", "lazy_itable_init=1,lazy_journal_init=1", str(self._image))
        self._mount()

    def cut(self) -> None:
        """Cut the power: nothing that is not on the platter is there afterwards.

        Whoever uses the volume has to be stopped (SIGSTOP) by then; it is to be killed before
        `restore`.
        """
        root = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(root, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(root)
        self._cuts += 1
        survived = self._work / f"volume-{self._cuts}.img"
        _run("cp", "--sparse=always", str(self._image), str(survived))

    def restore(self) -> None:
        """Mount what reached the platter, in the place of what did not."""
        self._unmount()
        self._image.unlink()
        self._image = self._work / f"volume-{self._cuts}.img"
        self._mount()

    def fill(self, leave: int) -> None:
        """Use up the space until so many bytes are left."""
        free = os.statvfs(self.folder)
        size = free.f_bavail * free.f_frsize - leave
        if size <= 0:
            return
        with (self.folder / _BALLAST).open("ab") as file:
            os.posix_fallocate(file.fileno(), file.tell(), size)

    def free(self) -> None:
        """Give the space back."""
        (self.folder / _BALLAST).unlink(missing_ok=True)

    def read_only(self) -> None:
        """Let nothing be written any more."""
        _run("mount", "-o", "remount,ro", str(self.folder))

    def close(self) -> None:
        """Unmount it and throw it away."""
        self._unmount()
        self._image.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _mount(self) -> None:
        found = subprocess.run(
            ["losetup", "--find", "--show", str(self._image)],
            check=True,
            capture_output=True,
            text=True,
        )
        self._device = found.stdout.strip()
        _run("mount", "-o", _OPTIONS, self._device, str(self.folder))

    def _unmount(self) -> None:
        _run("umount", str(self.folder))
        _run("losetup", "--detach", self._device)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
