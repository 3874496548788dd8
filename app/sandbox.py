"""Limits that a process puts on itself for good before it touches what a stranger may have made."""

from __future__ import annotations

import ctypes
import os
import resource
import struct

from app import syscalls

PR_SET_NO_NEW_PRIVS = 38
PR_SET_DUMPABLE = 4
ALL = ("no-new-privileges", "memory", "cpu", "file-size", "descriptors", "landlock", "seccomp")
"""Every limit that there can be, by the name under which `confine` tells it."""

# Landlock: rights over files that each version of the kernel's interface knows, as the number of their bits.
_FILE_RIGHTS = (0, 13, 14, 15, 15, 16)
_NO_NETWORK, _NO_SIGNALS = 0b11, 0b11  # TCP bind and connect; abstract sockets and signals to others


def confine(memory: int, cpu_seconds: int, file_size: int) -> list[str]:
    """No new descriptors, no new rights, bounded memory (bytes), processor time (s) and file size (bytes).

    Everything that must be imported or opened has been before. Returns the names of what is in force: the last
    two of ALL need a kernel that has them (Landlock: Linux 5.13; seccomp: x86-64 or 64-bit ARM)."""
    held = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208 - one descriptor, closed again
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no core file, no other process of this user reads its memory
    landlock = _no_files(libc)
    for which, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, max(held)),
    ):
        resource.setrlimit(which, (value, value))
    seccomp = _few_calls(libc)
    return [name for name in ALL if (name, False) not in (("landlock", landlock), ("seccomp", seccomp))]


def spend(memory: int) -> None:
    """Bound memory (bytes) for what comes next, at most to the limit that holds for good."""
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (memory if most < 0 else min(memory, most), most))


def _no_files(libc: ctypes.CDLL) -> bool:
    """Landlock without one rule: no path can be opened, made, renamed or removed; no TCP; no signal to others."""
    create, restrict = 444, 446  # the same on every machine
    version = libc.syscall(create, None, 0, 1)
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS[min(version, len(_FILE_RIGHTS) - 1)]) - 1
    rules = struct.pack(
        "=QQQ", rights, _NO_NETWORK if version >= 4 else 0, _NO_SIGNALS if version >= 6 else 0
    )
    known = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(create, rules[:known], ctypes.c_size_t(known), 0)
    if ruleset < 0:
        return False
    try:
        return bool(libc.syscall(restrict, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _few_calls(libc: ctypes.CDLL) -> bool:
    """seccomp: of the kernel's calls only those that computing and reading open files needs; in every thread."""
    program = syscalls.program(os.uname().machine)
    if program is None:
        return False
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // syscalls.INSTRUCTION, ctypes.addressof(code))
    number, set_filter, all_threads = syscalls.SECCOMP[os.uname().machine], 1, 1
    return bool(libc.syscall(number, set_filter, all_threads, head) == 0)
