"""The calls of the kernel that a confined process may still make, as a seccomp filter. Pure.

An allowlist: what isn't in the table fails with EPERM, so that opening, connecting, starting a program or looking
into another process fails like anything else that isn't allowed. Numbers are the kernel's own
(asm/unistd_64.h, asm-generic/unistd.h); `tests/test_sandbox.py` compares them with its headers where it has them.
"""

from __future__ import annotations

import struct

INSTRUCTION = 8  # bytes
SECCOMP = {"x86_64": 317, "aarch64": 277}
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Name: number on x86-64, number on 64-bit ARM (None: it doesn't have it).
ALLOWED: dict[str, tuple[int | None, int | None]] = {
    # files that are open already
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "pwrite64": (18, 68), "lseek": (8, 62), "close": (3, 57), "fstat": (5, 80),
    "fsync": (74, 82), "fdatasync": (75, 83), "ftruncate": (77, 46), "fcntl": (72, 25), "poll": (7, None),
    "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72), "fadvise64": (221, 223),
    # memory
    "munmap": (11, 215), "mremap": (25, 216), "madvise": (28, 233), "brk": (12, 214),
    # threads of its own and their signals
    "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293), "set_tid_address": (218, 96),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "sched_setaffinity": (203, 122),
    "sched_getparam": (143, 121), "sched_getscheduler": (145, 120), "membarrier": (324, 283),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "restart_syscall": (219, 128), "tgkill": (234, 131), "exit": (60, 93), "exit_group": (231, 94),
    # clocks, chance, what it is itself
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "getrandom": (318, 278),
    "getpid": (39, 172), "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "getrusage": (98, 165), "sysinfo": (99, 179), "uname": (63, 160), "getcpu": (309, 168),
    "times": (100, 153),
}  # fmt: skip

# Allowed by an argument: (numbers, which argument, bits looked at, what they must be).
BY_ARGUMENT: dict[str, tuple[tuple[int, int], int, int, int]] = {
    "clone": ((56, 220), 0, 0x10000, 0x10000),  # CLONE_THREAD: a thread, never a process
    "mmap": ((9, 222), 2, 0x4, 0),  # PROT_EXEC: no new code
    "mprotect": ((10, 226), 2, 0x4, 0),
    "newfstatat": ((262, 79), 3, 0x1000, 0x1000),  # AT_EMPTY_PATH: what glibc makes of fstat; no names
    "prctl": ((157, 167), 0, 0xFFFFFFFF, 15),  # PR_SET_NAME: decoders name their threads
    "prlimit64": ((302, 261), 0, 0xFFFFFFFF, 0),  # its own limits, which can only be kept or lowered
}

# glibc asks for clone3 first, whose flags a filter can't see; told that there is none, it takes clone.
CLONE3 = 435

_LOAD, _EQUAL, _AND, _RETURN, _AT_LEAST = 0x20, 0x15, 0x54, 0x06, 0x35
_KILL, _ALLOW, _NO_PERMISSION, _NO_SUCH_CALL = 0x80000000, 0x7FFF0000, 0x00050001, 0x00050026
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def program(machine: str) -> bytes | None:
    """The filter for a machine as `uname -m` names it; None for one whose numbers stand not here."""
    if machine not in ARCHITECTURE:
        return None
    column = list(ARCHITECTURE).index(machine)
    out = [
        _step(_LOAD, _ARCHITECTURE), _step(_EQUAL, ARCHITECTURE[machine], 1, 0), _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER), _step(_AT_LEAST, 0x40000000, 0, 1), _step(_RETURN, _KILL),
        _step(_EQUAL, CLONE3, 0, 1), _step(_RETURN, _NO_SUCH_CALL),
    ]  # fmt: skip
    for numbers in ALLOWED.values():
        if (number := numbers[column]) is not None:
            out += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    for places, argument, bits, wanted in BY_ARGUMENT.values():
        out += [
            _step(_EQUAL, places[column], 0, 5), _step(_LOAD, _ARGUMENTS + 8 * argument), _step(_AND, bits),
            _step(_EQUAL, wanted, 0, 1), _step(_RETURN, _ALLOW), _step(_RETURN, _NO_PERMISSION),
        ]  # fmt: skip
    return b"".join([*out, _step(_RETURN, _NO_PERMISSION)])
