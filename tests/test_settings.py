"""Settings: every one documented, none invented, and a misspelt one never passes for a set one."""

from __future__ import annotations

import ast

import pytest

from config import ROOT, Config, ConfigError, from_environment
from scripts import settings

NAMES = [field.metadata["env"] for field in settings.settings()]


def test_the_page_is_what_the_code_says() -> None:
    written = (ROOT / settings.PAGE).read_text()
    assert written == settings.page(), "run: .venv/bin/python -m scripts.settings"


def test_every_setting_says_what_it_does() -> None:
    assert all(field.metadata["help"].endswith(".") for field in settings.settings())
    assert len(NAMES) == len(set(NAMES))


def test_every_default_can_be_written_in_the_environment() -> None:
    for field in settings.settings():
        text = ("yes" if field.default else "no") if isinstance(field.default, bool) else str(field.default)
        read = from_environment({field.metadata["env"]: text})
        assert getattr(read, field.name) == field.default


def test_an_unknown_name_is_refused_and_named() -> None:
    with pytest.raises(ConfigError, match="TEMOIN_MAX_ITEMS"):
        from_environment({"TEMOIN_MAX_ITEMS": "1"})
    assert from_environment({"OTHER": "1"}) == Config()


def test_testing_can_not_be_set_from_outside() -> None:
    with pytest.raises(ConfigError):
        from_environment({"TEMOIN_TESTING": "1"})


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "eighty"), ("TEMOIN_BACKUP", "perhaps"), ("TEMOIN_RIO_DIGITS", "3")]
)
def test_a_value_that_can_not_be_used_names_its_setting(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        from_environment({name: value})


def test_only_config_reads_the_environment() -> None:
    """A setting that another file reads by itself would be neither documented nor checked."""
    readers = {"environ", "getenv", "environb", "getenvb"}
    found: list[str] = []
    for path in [*(ROOT / "app").rglob("*.py"), ROOT / "wsgi.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            of_os = (
                isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os" and node.attr in readers
            )
            from_os = (
                isinstance(node, ast.ImportFrom)
                and node.module == "os"
                and bool({alias.name for alias in node.names} & readers)
            )
            if of_os or from_os:
                found.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    assert found == []
