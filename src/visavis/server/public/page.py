"""The page about privacy: plain HTML without a script, so that any phone shows it and any browser prints it."""

import re
from html import escape
from urllib.parse import quote

from visavis.server.api.answers import NoticeView, Said
from visavis.server.public.texts import TEXTS, Language, say
from visavis.server.public.view import ContactView, KeptView, PrivacyView

PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{2,58}")
EMAIL = re.compile(r"[^@\s<>\"']{1,100}@[^@\s<>\"']{1,100}")
RIGHTS = ("copy", "correct", "object", "why", "complain")
BACK_AFTER_S = 180  # a kiosk goes back to its start when nobody reads any more
LEAD_IN = re.compile(r"^([^:：.。]{2,30}[:：])\s*")  # "What happens: ..."


def language_of(wanted: str | None, accepted: str) -> Language:
    """That of the address, else that of the browser."""
    tag = (wanted or accepted).strip().lower()
    return "zh-CN" if tag.startswith("zh") else "en"


def privacy_page(view: PrivacyView, language: Language, *, placement: str = "") -> str:
    """The whole document.

    Args:
        view: what it says.
        language: in which.
        placement: of the kiosk that it was opened at, so that there is a way back; empty elsewhere.
    """
    other: Language = "en" if language == "zh-CN" else "zh-CN"
    back = f"/kiosk?placement={quote(placement, safe='')}" if placement else ""
    at = f"&amp;placement={quote(placement, safe='')}" if placement else ""
    title = f"{said(view.title, language)} · {say('title', language)}"
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{language}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">',
            '<meta name="color-scheme" content="light dark">',
            f'<meta http-equiv="refresh" content="{BACK_AFTER_S}; url={escape(back)}">' if back else "",
            f"<title>{escape(title)}</title>",
            '<link rel="icon" href="/static/shared/logo.svg" type="image/svg+xml">',
            '<link rel="stylesheet" href="/static/shared/tokens.css">',
            '<link rel="stylesheet" href="/static/public/privacy.css">',
            "</head>",
            '<body class="demo">' if view.demonstration else "<body>",  # `server.demonstration` marks the page
            '<header class="top">',
            '<img class="logo" src="/static/shared/logo.svg" alt="" width="48" height="48">',
            f'<p class="place">{escape(said(view.title, language))}</p>',
            f'<a class="language" href="?lang={other}{at}" lang="{other}">{say("other", language)}</a>',
            "</header>",
            "<main>",
            f'<h1 class="name">{say("title", language)}</h1>',
            f'<p class="lead">{say("lead", language)}</p>',
            _contact(view, language, links=not back),
            _withdraw(view, language),
            _faces(view, language),
            _rights(language),
            _allow(view, language),
            _kept(view, language),
            _foot(view, language, links=not back),
            "</main>",
            f'<nav class="back"><a class="button" href="{escape(back)}">{say("back", language)}</a></nav>'
            if back
            else "",
            "</body>",
            "</html>",
            "",
        ]
    )


def _way_back(address: str, language: Language) -> str:
    if not address:
        return ""
    return f'<nav class="back"><a class="button" href="{escape(address)}">{say("back", language)}</a></nav>'


def said(many: Said, language: Language) -> str:
    """A text that the scenario or the law's profile gives in every language."""
    return many.get(language) or many["en"]


def _section(name: str, heading: str, *content: str) -> str:
    inside = "\n".join(part for part in content if part)
    return f'<section id="{name}" aria-labelledby="{name}-h">\n<h2 id="{name}-h">{heading}</h2>\n{inside}\n</section>'


def _paragraph(key: str, language: Language, **values: object) -> str:
    return f"<p>{escape(say(key, language, **values))}</p>"


def _contact(view: PrivacyView, language: Language, *, links: bool) -> str:
    who = say("contact.of", language, title=said(view.title, language), site=view.site)
    return _section(
        "contact",
        say("contact", language),
        f"<p><b>{escape(who)}</b></p>",
        _ways(view.contact, language, links=links),
        _paragraph("contact.mistaken", language),
    )


def _ways(contact: ContactView, language: Language, *, links: bool) -> str:
    """A kiosk neither calls nor writes, so there they are words only."""
    if not (contact.role or contact.phone or contact.email):
        return _paragraph("contact.nobody", language)
    lines = [_paragraph("contact.role", language, role=contact.role)] if contact.role else []
    rows = [
        f"<div><dt>{say(f'contact.{name}', language)}</dt><dd>{(linked if links else escape)(text)}</dd></div>"
        for name, text, linked in (("phone", contact.phone, _phone), ("email", contact.email, _email))
        if text
    ]
    return "\n".join([*lines, f'<dl class="ways">{"".join(rows)}</dl>' if rows else ""])


def _phone(text: str) -> str:
    if not PHONE.fullmatch(text):
        return escape(text)
    return f'<a href="tel:{escape(re.sub(r"[^+0-9]", "", text))}">{escape(text)}</a>'


def _email(text: str) -> str:
    return f'<a href="mailto:{quote(text, safe="@")}">{escape(text)}</a>' if EMAIL.fullmatch(text) else escape(text)


def _withdraw(view: PrivacyView, language: Language) -> str:
    camera = "" if view.faces == "on" else ".nocamera"
    lines = (f"withdraw.kiosk{camera}", "withdraw.desk")
    items = "".join(f"<li>{escape(say(key, language))}</li>" for key in lines)
    return _section("withdraw", say("withdraw", language), f"<ul>{items}</ul>", _paragraph("withdraw.speed", language))


def _faces(view: PrivacyView, language: Language) -> str:
    on = ("faces.on", "faces.strangers") if view.faces == "on" else ("faces.off",)
    return _section(
        "faces", say("faces", language), *(_paragraph(key, language) for key in (*on, "faces.alternatives"))
    )


def _rights(language: Language) -> str:
    items = "".join(f"<li>{escape(say(f'rights.{name}', language))}</li>" for name in RIGHTS)
    return _section("rights", say("rights", language), f"<ul>{items}</ul>")


def _allow(view: PrivacyView, language: Language) -> str:
    below = "age.guardian" if view.guardian_consents else "age.nobody"
    return _section(
        "purposes",
        say("allow", language),
        _paragraph("allow.lead", language, days=view.consent_days),
        *(_notice(notice, language) for notice in view.purposes),
        f"<p>{escape(say('age', language, age=view.minimum_age))} {escape(say(below, language))}</p>",
    )


def _notice(notice: NoticeView, language: Language) -> str:
    need = say("allow.required" if notice.required else "allow.optional", language)
    version = say("allow.version", language, version=notice.version)
    parts = re.split(r"\n\s*\n", said(notice.text, language).strip())
    text = "\n".join("<p>" + LEAD_IN.sub(r"<b>\1</b> ", escape(part)) + "</p>" for part in parts)
    title = escape(said(notice.title, language))
    return (
        f'<details class="notice" id="{notice.purpose}">'
        f'<summary><span class="what">{title}</span><span class="tag">{need}</span></summary>\n{text}\n'
        f'<p class="small">{escape(version)} · SHA-256 <code>{notice.sha256.get(language, "")}</code></p></details>'
    )


def _kept(view: PrivacyView, language: Language) -> str:
    head = "".join(f'<th scope="col">{say(f"kept.{name}", language)}</th>' for name in ("what", "long", "last"))
    rows = "\n".join(_row(kept, language) for kept in view.retention)
    return _section(
        "retention",
        say("kept", language),
        _paragraph("kept.lead", language),
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>",
    )


def _row(kept: KeptView, language: Language) -> str:
    what = f'<th scope="row">{escape(TEXTS[kept.category][language])}</th>'
    label = f'data-label="{say("kept.long", language)}"'
    if kept.days is None:
        cells = f'<td {label} colspan="2">{escape(say(f"why.{kept.category}", language))}</td>'
    else:
        days = say(f"kept.days.{kept.since}", language, days=f"{kept.days:,}")
        cells = f"<td {label}>{escape(days)}</td>"
        cells += f'<td data-label="{say("kept.last", language)}">{_run(kept, language)}</td>'
    return f'<tr id="keep-{kept.category}">{what}{cells}</tr>'


def _run(kept: KeptView, language: Language) -> str:
    if kept.last_run is None:
        return say("kept.never", language)
    at = f"{kept.last_run:%Y-%m-%d %H:%M} UTC"
    what = say("kept.removed", language, removed=f"{kept.removed:,}") if kept.removed else say("kept.none", language)
    return f'<time datetime="{kept.last_run.isoformat()}">{at}</time><span class="small">{what}</span>'


def _foot(view: PrivacyView, language: Language, *, links: bool) -> str:
    law = say("law", language, law=said(view.jurisdiction.title, language))
    twin = f' · <a href="/v1/privacy">{say("json", language)}</a>' if links else ""
    return f'<p class="foot">{escape(law)}{twin}</p>'
