"""What a confined process can't do any more, and what the kernel is told of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app import syscalls
from app.sandbox import ALL
from config import ROOT

TRIES = """
import sys; sys.path.insert(0, sys.argv[1])
import ctypes, json, mmap, os, socket, threading
from app.sandbox import confine
spare = os.open("/dev/null", os.O_RDONLY)
held = confine(1 << 30, 10, 1 << 20)
os.close(spare)  # room for a descriptor: what is refused now is not refused for want of one
libc = ctypes.CDLL(None, use_errno=True)
def thread():
    try: open("/etc/hostname")
    except PermissionError: done.append(1)
def refused(work):
    try: work()
    except (PermissionError, BlockingIOError): return True
    except Exception as error: return repr(error)
    return False
done = []
other = threading.Thread(target=thread); other.start(); other.join()
print(json.dumps({"held": held, "thread": done == [1], "open": refused(lambda: open("/etc/hostname")),
 "stat": refused(lambda: os.stat("/etc/hostname")), "write": refused(lambda: open("/dev/shm/x", "w")),
 "unlink": refused(lambda: os.unlink("/dev/shm/none")), "socket": refused(lambda: socket.socket()),
 "fork": refused(os.fork), "exec": refused(lambda: os.execv("/bin/true", ["true"])),
 "kill": refused(lambda: os.kill(os.getppid(), 0)), "ptrace": libc.ptrace(16, os.getppid(), 0, 0) == -1,
 "code": refused(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC))}))
"""


def test_a_confined_process_reaches_nothing() -> None:
    said = json.loads(
        subprocess.run(
            [sys.executable, "-I", "-c", TRIES, str(ROOT)], capture_output=True, text=True, check=True
        ).stdout
    )
    held = said.pop("held")
    assert set(held) <= set(ALL) and {"memory", "cpu", "descriptors"} <= set(held)
    if "seccomp" in held:
        assert {name: value for name, value in said.items() if value is not True} == {}


HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), r"#define __NR_(\w+)\s+(\d+)"),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"), r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
}
ALIASES = {"newfstatat": "fstatat"}


@pytest.mark.parametrize("machine", list(HEADERS))
def test_numbers_are_the_kernels(machine: str) -> None:
    """Against the kernel's headers where they are installed; the table is complete in any case."""
    column = list(syscalls.ARCHITECTURE).index(machine)
    numbers = {name: pair[column] for name, pair in syscalls.ALLOWED.items()}
    numbers |= {name: rule[0][column] for name, rule in syscalls.BY_ARGUMENT.items()}
    told = [number for number in numbers.values() if number is not None]
    assert len(told) == len(set(told)) and len(told) > 50
    path, pattern = HEADERS[machine]
    known = dict(re.findall(pattern, path.read_text())) if path.exists() else {}
    wrong = {
        name: number
        for name, number in numbers.items()
        if number is not None
        and known
        and str(number) not in (known.get(name), known.get(ALIASES.get(name, "")))
    }
    assert wrong == {}


def test_a_machine_without_numbers_gets_no_filter() -> None:
    assert syscalls.program("riscv64") is None
    assert len(syscalls.program("x86_64") or b"") % syscalls.INSTRUCTION == 0
