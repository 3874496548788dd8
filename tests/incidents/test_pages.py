"""The pages of incidents: what they show to whom, and what they leave in the log."""

from __future__ import annotations

from tests.desk import Desk
from tests.incidents.conftest import Pair


def test_every_page_opens(pair: Pair, lead: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    for path in ("", f"/{ref}", f"/{ref}/together", f"/{ref}/sheet", f"/{ref}/sheet/edit"):
        page = lead.page(f"/desk/incidents{path or '/'}")
        assert ref in page, path
