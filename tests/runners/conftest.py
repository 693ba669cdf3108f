"""Replays and servers of these tests would load the shipped rules again."""

from tests.shipped import shipped_files_are_read_once

__all__ = ["shipped_files_are_read_once"]
