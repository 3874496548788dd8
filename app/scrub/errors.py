"""The ways of saying no. Each carries one clear line for a person who is no programmer."""

import struct

BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
)
"""What Python raises when a file is not built as it should be."""


class Refused(Exception):
    """The file cannot be cleaned so that we could stand by the result; the text says why."""


class Unsupported(Refused):
    """No stripper knows this type of file."""


class Ended(Refused):
    """The confined process was ended by its limits, or fell over: nothing is known of the file."""


class CheckFailed(Refused):
    """A cleaned copy did not pass the second reading (`check.py`): nobody may be shown it."""
