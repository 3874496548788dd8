"""What a scrub found, took away and kept, and the facts that the legal team needs.

The report names tags and parts and never holds a value of the original, so it may be shown and
exported with the copy. `Facts` hold values (when, where, with what): they are kept apart and are
never part of `to_json()`.
"""

import json
import platform
import sys
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """A tag of the original: family ("exif", "gps", "xmp", "quicktime" ...), name, how often."""

    family: str
    tag: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Removed:
    """A part that is not in the copy, and how many bytes of the original it took."""

    part: str
    bytes: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A part that stayed or was rebuilt, and why."""

    part: str
    why: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Values read from the original, as written there: claims of a device, not truths.

    `taken_at` is ISO 8601 without zone, `offset` "+02:00" where the file says one; position in
    degrees (WGS 84) and metres; width and height in pixels as stored; duration in seconds.
    """

    taken_at: str | None = None
    offset: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    make: str | None = None
    model: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Report:
    """One scrub. Sizes in bytes, hashes SHA-256 in hex, `seconds` of wall clock."""

    type: str
    pixels: str
    found: tuple[Found, ...] = ()
    removed: tuple[Removed, ...] = ()
    kept: tuple[Kept, ...] = ()
    remarks: tuple[str, ...] = ()
    sha256_before: str = ""
    sha256_after: str = ""
    size_before: int = 0
    size_after: int = 0
    seconds: float = 0.0
    checked: bool = False
    tools: dict[str, str] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)

    def to_json(self) -> dict[str, Any]:
        """Plain data without the facts."""
        data = asdict(self)
        del data["facts"]
        return data

    def dumps(self) -> str:
        return json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Report":
        """The report again. Raises TypeError on unknown names."""
        values = dict(data)
        values["found"] = tuple(Found(**item) for item in values.get("found", ()))
        values["removed"] = tuple(Removed(**item) for item in values.get("removed", ()))
        values["kept"] = tuple(Kept(**item) for item in values.get("kept", ()))
        values["remarks"] = tuple(values.get("remarks", ()))
        return cls(**values)


MOST_TAGS = 2000
"""Different tags named in one report; a file made to flood it says so in one line instead."""


class Notes:
    """What a stripper writes down while it works; `report()` freezes it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.pixels = "identical"
        self.facts: dict[str, Any] = {}
        self.remarks: list[str] = []
        self._found: dict[tuple[str, str], int] = {}
        self._removed: dict[str, tuple[int, int]] = {}
        self._kept: dict[str, str] = {}

    def found(self, family: str, tag: str, count: int = 1) -> None:
        key = (family, tag[:80])
        if key not in self._found and len(self._found) >= MOST_TAGS:
            key = ("more", "further tags")
        self._found[key] = self._found.get(key, 0) + count

    def removed(self, part: str, size: int) -> None:
        if part not in self._removed and len(self._removed) >= MOST_TAGS:
            part = "further parts"
        total, count = self._removed.get(part, (0, 0))
        self._removed[part] = (total + size, count + 1)

    def has_removed(self, part: str) -> bool:
        return part in self._removed

    def kept(self, part: str, why: str) -> None:
        self._kept.setdefault(part, why)

    def remark(self, line: str) -> None:
        if line not in self.remarks:
            self.remarks.append(line)

    def fact(self, name: str, value: Any) -> None:
        """First reading wins: strippers read the most trusted place first."""
        if value is not None and value != "":
            self.facts.setdefault(name, value)

    def words(self) -> tuple[str, ...]:
        """Names of the device as read so far: no colour profile that holds one may stay as it is."""
        texts = (str(self.facts.get(name, "")) for name in ("make", "model"))
        return tuple(word for text in texts for word in text.split())

    def report(self) -> Report:
        known = {item.name for item in fields(Facts)}
        return Report(
            type=self.kind,
            pixels=self.pixels,
            found=tuple(Found(family, tag, n) for (family, tag), n in sorted(self._found.items())),
            removed=tuple(Removed(part, size, n) for part, (size, n) in self._removed.items()),
            kept=tuple(Kept(part, why) for part, why in self._kept.items()),
            remarks=tuple(self.remarks),
            tools=tool_versions(),
            facts=Facts(**{name: value for name, value in self.facts.items() if name in known}),
        )


def tool_versions() -> dict[str, str]:
    """Versions of what is loaded in this process, without loading anything for it."""
    tools = {"temoin-scrub": "1", "python": platform.python_version()}
    for name, module in (
        ("pillow", "PIL"),
        ("av", "av"),
        ("exifread", "exifread"),
        ("pillow-heif", "pillow_heif"),
    ):
        version = getattr(sys.modules.get(module), "__version__", None)
        if isinstance(version, str):
            tools[name] = version
    return tools
