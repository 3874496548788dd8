"""Colour profiles: the same colours, no maker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.scrub import icc, same
from tests import media


def test_the_effect_stays_and_the_name_goes() -> None:
    profile = media.profile("Phone 9000 display")
    clean = icc.neutral(profile)
    assert clean is not None and len(clean) == len(profile)
    assert "Phone".encode("utf-16-be") in profile and "Phone".encode("utf-16-be") not in clean
    assert same.same_colours(
        same.Picture(profile=profile, mode="RGB"), same.Picture(profile=clean, mode="RGB")
    )
    assert icc.neutral(clean) == clean


def test_another_effect_is_noticed() -> None:
    profile = bytearray(media.profile("x"))
    other = bytes(profile).replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")
    assert not same.same_colours(
        same.Picture(profile=bytes(profile), mode="RGB"), same.Picture(profile=other, mode="RGB")
    )


@given(st.binary(max_size=400))
def test_rubbish_is_no_profile(data: bytes) -> None:
    assert icc.neutral(data) is None or len(icc.neutral(data) or b"") == len(data)


@given(st.data())
def test_damaged_profiles_keep_their_length_or_go(data: st.DataObject) -> None:
    profile = bytearray(media.profile("Phone"))
    for _ in range(4):
        profile[data.draw(st.integers(0, len(profile) - 1))] = data.draw(st.integers(0, 255))
    clean = icc.neutral(bytes(profile))
    assert clean is None or len(clean) == len(profile)


def test_a_curve_with_a_word_in_it_is_no_curve() -> None:
    """Metadata that came to lie in a colour curve, in a damaged file, don't stay for being colours."""
    values = b"".join(step.to_bytes(2, "big") for step in range(0, 65536, 256))
    curve = b"curv\0\0\0\0" + (256).to_bytes(4, "big") + values
    assert icc._written_over(curve[:60] + b"serial 12345" + curve[72:])
    assert not icc._written_over(curve)
    assert not icc._written_over(b"XYZ \0\0\0\0 serial 12345")
