"""The two ways of saying no. Each carries one clear line for a person who is no programmer."""


class Refused(Exception):
    """The file cannot be cleaned so that we could stand by the result; the text says why."""


class Unsupported(Refused):
    """No stripper knows this type of file."""


class CheckFailed(Refused):
    """A cleaned copy did not pass the second reading (`check.py`): nobody may be shown it."""
