"""The desk's queue: a page of 200 rows out of many observations, by the server's processor time and its size under gzip.

For a lead, who sees all, and for a reviewer, for whom every row asks what is sensitive and what they hold. The goal is
300 ms and 100 kB; the baseline is the goal, so a ratio below 1 meets it.
"""

from __future__ import annotations

import argparse
import gzip
import random
import secrets
import time
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import insert

from app import create_app
from app.accounts import service as accounts
from app.accounts.models import User
from app.clock import now_ms
from app.db import db, unit_of_work
from app.enrol import service as enrol
from app.ids import new_id
from app.intake import uploads
from app.intake.models import Item, Upload
from app.journal.models import Entry, Observation
from app.journal.reference import reference as reference_of
from app.keys import keys
from app.opening.models import Opening
from app.review import access, work
from bench import figures
from bench.figures import figure, sized, workplace
from config import Config

CODES = ("FOR-GAS", "EVI-SITE", "PRO-TAKE", "CHK-ID", "OBS-BACK", "CHK-XSEX")
FULL = 20_000
TURNS = 15


def fill(number: int, device: str) -> None:
    """So many opened observations: begin, officer, two codes and a count each, an item behind each entry, and what the
    worker found in the film, photo or sound."""
    chance = random.Random(5)
    rows: dict[Any, list[dict[str, Any]]] = {Observation: [], Upload: [], Item: [], Entry: [], Opening: []}
    now = now_ms()
    for n in range(number):
        observation = new_id()
        began = now - n * 60_000
        rows[Observation].append(
            {
                "id": observation, "reference": reference_of(observation), "device_id": device, "trial": False,
                "practice": True, "started_at": began, "ended_at": began + 600_000, "finished": True,
                "first_received_at": began, "site": f"site {n % 12}", "lat": None, "lon": None, "accuracy": None,
            }
        )  # fmt: skip
        said: list[tuple[str, dict[str, Any]]] = [
            ("begin", {"item": new_id(), "kind": chance.choice(("film", "photo", "sound"))}),
            ("officer", {"officer": 1, "force": chance.choice(("CRS", "GM", "PN"))}),
            *(("code", {"code": code, "basis": "SAW"}) for code in chance.sample(CODES[:5], 2)),
            ("count", {"what": "tents", "n": chance.randrange(40), "qualifier": "MIN"}),
        ]
        if n % 50 == 0:
            said.append(("code", {"code": "CHK-XSEX", "basis": "SAW"}))
        for seq, (kind, data) in enumerate(said):
            row, item = new_id(), new_id()
            rows[Item].append(_item(row, item, device, "entry", began))
            rows[Entry].append(
                {
                    "id": row, "entry_id": item, "observation_id": observation, "seq": seq, "type": kind,
                    "at": began + seq * 1000, "corrects": None, "corrected_by": None,
                    "about_item": data.get("item"), "code": data.get("code"), "counted": data.get("what"),
                    "document": {"data": data},
                }
            )  # fmt: skip
            if kind == "begin":
                medium = new_id()
                rows[Item].append(_item(medium, data["item"], device, data["kind"], began))
                rows[Upload].append(_upload(medium, data["item"], device, began))
                rows[Opening].append(_opening(medium, observation, began))
    with unit_of_work() as session:
        for table, values in rows.items():
            session.execute(insert(table), values)


def _item(row: str, item: str, device: str, kind: str, at: int) -> dict[str, Any]:
    digest = secrets.token_urlsafe(32)
    return {
        "id": row, "device_id": device, "made_by": device, "item_id": item, "kind": kind, "head_size": 300,
        "head_sha256": digest, "body_size": 900, "body_sha256": digest, "attested": "match", "cut": False,
        "practice": True, "received_at": at, "receipt": b"", "log_index": 0, "state": "opened", "tries": 0,
    }  # fmt: skip


def _upload(row: str, item: str, device: str, at: int) -> dict[str, Any]:
    return {
        "id": row, "device_id": device, "item_id": item, "tail": uploads.ITEM, "length": 1200, "created_at": at,
        "finished_at": at, "refusals": 0,
    }  # fmt: skip


def _opening(item: str, observation: str, at: int) -> dict[str, Any]:
    return {
        "item": item, "observation_id": observation, "at": at, "provisional": False, "sealed_size": 900,
        "attested_size": 800, "interrupted": False, "media_type": "video/webm", "original_size": 800,
        "original_sha256": "", "working": new_id(), "working_size": 800, "working_sha256": "",
    }  # fmt: skip


def _person(role: str) -> User:
    return accounts.add(role, [role], "server")


def _timed(app: Any, who: str, address: str) -> tuple[float, int]:
    """Median seconds of processor time of a page for somebody logged in, and its bytes under gzip."""
    http = app.test_client()
    with app.app_context():
        from app.accounts import sessions

        user = accounts.by_name(who)
        assert user is not None
        with app.test_request_context("/desk/"):
            from flask import session

            sessions.begin(user, "in")
            kept = dict(session)
    with http.session_transaction("/desk/") as cookie:
        cookie.update(kept)
    took, page = [], b""
    for _ in range(TURNS):
        began = time.process_time()  # of this process alone: the machine may be busy with something else
        answer = http.get(address)
        page = answer.get_data()
        took.append(time.process_time() - began)
        if answer.status_code != 200:
            raise SystemExit(f"the queue answered {answer.status_code}")
    return sorted(took)[TURNS // 2], len(gzip.compress(page, 6))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    if parser.parse_args().quick:
        figures.quick()
    with workplace() as folder:
        app = create_app(Config(instance=folder / "instance", testing=True))
        number = sized(FULL)
        with app.app_context():
            upgrade()
            keys().make("Bench")
            device = enrol.enrol_foreign("bench").device.id
            fill(number, device)
            for role in ("lead", "reviewer"):
                _person(role)
            reviewer = accounts.by_name("reviewer")
            assert reviewer is not None
            mine = db.session.scalars(
                db.select(Observation.id).order_by(Observation.id).limit(number // 4)
            ).all()
            for subject in mine[:500]:
                if access.may_be_given(reviewer, subject):
                    work.claim(reviewer, subject)
            db.session.remove()
        for who in ("lead", "reviewer"):
            seconds, size = _timed(app, who, "/desk/queue?show=all")
            figure(f"queue of 200 rows out of {number} observations, {who}", seconds * 1000, "ms", 300)
            figure(f"the same page under gzip, {who}", size / 1000, "kB", 100)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    main()
