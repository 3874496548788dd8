"""The short reference of an observation, the same on phone and desk. Pure."""

from __future__ import annotations

from app.ids import CROCKFORD


def reference(observation_id: str) -> str:
    """`K7Q-2M4` of 32 hex digits: its first 30 bits in Crockford base32. Raises ValueError for anything else."""
    if len(observation_id) != 32:
        raise ValueError("an observation id has 32 hexadecimal digits")
    bits = int(observation_id[:8], 16) >> 2
    letters = "".join(CROCKFORD[(bits >> shift) & 31] for shift in range(25, -1, -5))
    return f"{letters[:3]}-{letters[3:]}"


def normalise(spoken: str) -> str:
    """What somebody typed after hearing it, as it is stored: `k7q 2m4` -> `K7Q-2M4`; O, I and L as meant."""
    text = "".join(c for c in spoken.upper() if c.isalnum()).translate(str.maketrans("OILU", "011V"))
    return f"{text[:3]}-{text[3:6]}" if len(text) >= 6 else text
