"""Limits that a process puts on itself for good before it touches what a stranger may have made."""

from __future__ import annotations

import ctypes
import os
import resource

PR_SET_NO_NEW_PRIVS = 38
PR_SET_DUMPABLE = 4


def confine(memory: int, cpu_seconds: int, file_size: int) -> list[str]:
    """No new descriptors, no new rights, bounded memory (bytes), processor time (s) and file size (bytes).

    Everything that must be imported or opened has been before. Returns the names of what is in force."""
    held = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208 - one descriptor, closed again
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no core file, no other process of this user reads its memory
    for which, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, max(held)),
    ):
        resource.setrlimit(which, (value, value))
    return ["no-new-privileges", "memory", "cpu", "file-size", "descriptors"]
