"""A record of a published incident as a sheet and back, field for field: what a report says can be entered whole. Pure.

The record: `{"id", "kind", "source": {"file", "section", "line"}, "date": {"text", "from", "to", "precision"}, "time_of_day",
"place": {"town", "site"}, "actors": [{"force", "unit", "count", "role"}], "conduct": [code], "targets": [{"group", "role",
"count", "minor"}], "rio_status", "rio_asked", "basis", "measures": {name: {"value", "qualifier"}}, "outcome": [code],
"summary", "notes"}`; anything may be null.
"""

from __future__ import annotations

from typing import Any

from app.incidents.sheet import Document, row_id, tidy

Record = dict[str, Any]
# Forces that records name otherwise than phones do.
FORCES = {"PN-PAF": "PAF", "PN-CRS": "CRS"}
_BACK = {ours: theirs for theirs, ours in FORCES.items()}
_MINOR = {True: "yes", False: "no", None: None}


def to_sheet(record: Record) -> Document:
    """The sheet of a record. One basis in a record holds for each of its codes."""
    date, place, source = record["date"], record["place"], record["source"]
    return tidy({
        "event": _given({
            "kind": record["kind"], "day": date["from"], "end_day": date["to"], "precision": date["precision"],
            "date_words": date["text"], "part_of_day": record["time_of_day"], "town": place["town"], "site": place["site"],
        }),
        "codes": _rows({"code": code, "basis": record["basis"]} for code in record["conduct"]),
        "figures": _rows(
            {"what": what, "qualifier": said["qualifier"], "n": said["value"]} for what, said in record["measures"].items()
        ),
        "units": _rows(
            {"force": FORCES.get(actor["force"], actor["force"]), "unit": actor["unit"], "n": actor["count"], "role": actor["role"]}
            for actor in record["actors"]
        ),
        "identification": _given({"status": record["rio_status"], "asked": record["rio_asked"]}),
        "people": _rows(
            {"group": one["group"], "role": one["role"], "n": one["count"], "minor": _MINOR[one["minor"]]} for one in record["targets"]
        ),
        "outcome": _rows({"code": code} for code in record["outcome"]),
        "report": _given({
            "document": source["file"], "section": source["section"], "line": None if source["line"] is None else str(source["line"]),
            "record": record["id"], "summary": record["summary"], "notes": record["notes"],
        }),
    })  # fmt: skip


def to_record(sheet: Document) -> Record:
    """The record that a sheet holds; `to_record(to_sheet(record)) == record`."""
    event, report = sheet.get("event", {}), sheet.get("report", {})
    named = sheet.get("identification", {})
    codes = sheet.get("codes", [])
    back = {"yes": True, "no": False}
    return {
        "id": report.get("record"), "kind": event.get("kind"),
        "source": {
            "file": report.get("document"), "section": report.get("section"),
            "line": int(report["line"]) if "line" in report else None,
        },
        "date": {
            "text": event.get("date_words"), "from": event.get("day"), "to": event.get("end_day"), "precision": event.get("precision"),
        },
        "time_of_day": event.get("part_of_day"),
        "place": {"town": event.get("town"), "site": event.get("site")},
        "actors": [
            {"force": _BACK.get(row.get("force"), row.get("force")), "unit": row.get("unit"), "count": row.get("n"), "role": row.get("role")}
            for row in sheet.get("units", [])
        ],
        "conduct": [row["code"] for row in codes],
        "targets": [
            {"group": row.get("group"), "role": row.get("role"), "count": row.get("n"), "minor": back.get(row.get("minor", ""))}
            for row in sheet.get("people", [])
        ],
        "rio_status": named.get("status"), "rio_asked": named.get("asked"),
        "basis": codes[0].get("basis") if codes else None,
        "measures": {row["what"]: {"value": row.get("n"), "qualifier": row.get("qualifier")} for row in sheet.get("figures", [])},
        "outcome": [row["code"] for row in sheet.get("outcome", [])],
        "summary": report.get("summary"), "notes": report.get("notes"),
    }  # fmt: skip


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _rows(rows: Any) -> list[dict[str, Any]]:
    return [{**_given(row), "id": row_id()} for row in rows]
