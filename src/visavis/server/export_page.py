"""The export as a page: one file that needs nothing else, in both languages; it prints well and escapes everything."""

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from visavis.server.export_texts import LOCALES, TEXTS

CSS = (files("visavis.server") / "static" / "export.css").read_text(encoding="utf-8")
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
DASH = "–"


def as_html(document: Mapping[str, Any]) -> str:
    """The document of `pipeline.rights` for a person; opens in the member's language, the other is one press away."""
    chosen = document["profile"]["locale"]
    boxes = "".join(
        f'<input type="radio" name="language" id="{locale}"{" checked" if locale == chosen else ""}>'
        f'<label for="{locale}" lang="{locale}">{name}</label>'
        for locale, name in LOCALES.items()
    )
    body = "".join(
        (
            f"<h1>{_t('title')}</h1>{_about(document)}",
            _section("profile", _profile(document)),
            _section("consents", _consents(document["consents"])),
            _section("interests", _interests(document["interests"])),
            _section("decisions", _decisions(document["decisions"])),
            _section("events", _events(document["events"])),
            _section("places", _places(document["places"])),
            _section("rights", "".join(f"<p>{_t(f'rights.{n}')}</p>" for n in range(1, 6))),
            _section("rows", f"<p>{_both(document['left_out'])}</p>{_rows(document['rows'])}"),
        )
    )
    return (
        f'<!doctype html><html lang="{escape(chosen)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f"<title>visavis</title><style>{CSS}</style></head><body>"
        f'<div class="languages">{boxes}</div><main>{body}</main></body></html>\n'
    )


# ------ parts


def _about(document: Mapping[str, Any]) -> str:
    facts = [
        ("site", escape(document["site"])),
        ("scenario", _both(document["scenario"])),
        ("made_at", _moment(document["made_at"])),
        ("contact", escape(document["contact"] or DASH)),
        ("jurisdiction", escape(document["jurisdiction"])),
    ]
    return _facts(facts)


def _profile(document: Mapping[str, Any]) -> str:
    profile = document["profile"]
    return _facts(
        [
            ("nickname", escape(profile["nickname"] or DASH)),
            ("language", escape(LOCALES.get(profile["locale"], profile["locale"]))),
            ("member_since", _moment(profile["member_since"])),
            ("known_by", ", ".join(_t(f"by.{way}") for way in profile["known_by"])),
            ("templates", str(profile["templates"])),
            ("pseudonym", f"<code>{escape(profile['pseudonym'])}</code>"),
        ]
    )


def _consents(consents: list[Mapping[str, Any]]) -> str:
    parts = []
    for one in consents:
        facts = [
            ("state", _t(f"state.{one['state']}")),
            ("given_at", _moment(one["given_at"])),
            ("expires_at", _moment(one["expires_at"])),
            ("notice", escape(one["notice_version"])),
            ("method", escape(one["method"])),
        ]
        if "withdrawn_at" in one:
            facts.append(("withdrawn_at", _moment(one["withdrawn_at"])))
        receipts = [one["receipt"], *([one["withdrawal_receipt"]] if "withdrawal_receipt" in one else [])]
        signed = "".join(f"<code>{escape(receipt)}</code>" for receipt in receipts)
        parts.append(
            f"<h3>{_both(one['title']) or escape(one['purpose'])}</h3>{_facts(facts)}"
            f"<details><summary>{_t('receipt')}</summary>{signed}</details>"
        )
    return "".join(parts) or _nothing()


def _interests(interests: list[Mapping[str, Any]]) -> str:
    rows = [[_both(one["title"]) or escape(one["category"]), f"{one['share']:.0%}"] for one in interests]
    return _table(("category", "share"), rows)


def _decisions(decisions: list[Mapping[str, Any]]) -> str:
    rows = [
        [_moment(d["at"]), _both(d["placement"]), _both(d["item"]), "<br>".join(map(_both, d["reasons"]))]
        for d in decisions
    ]
    return _table(("when", "place", "offer", "why"), rows)


def _events(events: list[Mapping[str, Any]]) -> str:
    rows = [
        [
            _moment(e["at"]),
            _both(e["meaning"]) or escape(e["kind"]),
            _both(e["item"]) or DASH,
            escape(f"{e['value']:g}"),
            escape(f"{e['dwell_s']:g} s") if e["dwell_s"] else DASH,
        ]
        for e in events
    ]
    return _table(("when", "what", "offer", "value", "dwell"), rows)


def _places(places: list[Mapping[str, Any]]) -> str:
    rows = [[_both(p["what"]), _both(p["where"]), _both(p["form"]), _both(p["kept"])] for p in places]
    return _table(("what", "where", "form", "kept"), rows)


def _rows(halves: Mapping[str, Mapping[str, list[Mapping[str, Any]]]]) -> str:
    """Every row as it is stored, for whoever wants to look closely."""
    parts = []
    for half, tables in halves.items():
        for table, rows in tables.items():
            if rows:
                columns = list(rows[0])
                cells = [[escape(str(row.get(column, ""))) for column in columns] for row in rows]
                heads = "".join(f"<th>{escape(column)}</th>" for column in columns)
                body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
                name = escape(f"{half}.{table}")
                parts.append(
                    f"<details><summary>{name} ({len(rows)})</summary>"
                    f'<div class="wide"><table><tr>{heads}</tr>{body}</table></div></details>'
                )
    return "".join(parts)


# ------ bricks


def _section(key: str, content: str) -> str:
    note = f'<p class="note">{_t(f"{key}.note")}</p>' if f"{key}.note" in TEXTS else ""
    return f"<section><h2>{_t(key)}</h2>{note}{content}</section>"


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{_t(key)}</dt><dd>{value}</dd>' for key, value in facts)}</dl>"


def _table(heads: tuple[str, ...], rows: list[list[str]]) -> str:
    if not rows:
        return _nothing()
    head = "".join(f"<th>{_t(key)}</th>" for key in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _nothing() -> str:
    return f"<p>{_t('nothing')}</p>"


def _moment(iso: str) -> str:
    return escape(f"{iso[:10]} {iso[11:16]} UTC")


def _t(key: str) -> str:
    return _both(TEXTS[key])


def _both(said: Mapping[str, str]) -> str:
    """The text in each language, of which the style shows one."""
    return "".join(f'<span lang="{locale}">{escape(said[locale])}</span>' for locale in LOCALES if said.get(locale))
