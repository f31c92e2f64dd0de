"""The forms as HTML. Whatever comes from outside is escaped; nothing runs in the browser."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO

import segno

from visavis.server.console.texts import Language
from visavis.server.sign_in.texts import say

NAMES: Mapping[Language, str] = {"en": "English", "zh-CN": "简体中文"}
OTHER: Mapping[Language, Language] = {"en": "zh-CN", "zh-CN": "en"}
SIGN_IN, ACCOUNT = "/console/sign-in", "/console/account"
FIRST = "visavis staff add LOGIN --role administrator"


def sign_in_page(
    language: Language, *, site: str, login: str = "", accounts: bool = True, alert: str = "", done: str = ""
) -> str:
    """Login and password; where nobody has an account, how to make the first."""
    fields = _field("login", say("login", language), value=login, complete="username") + _field(
        "password", say("password", language), kind="password", complete="current-password", focus=bool(login)
    )
    form = _form("/console/sign-in", fields, say("sign_in", language), language)
    body = form if accounts else f"<p>{say('no_accounts', language)}</p><pre><code>{FIRST}</code></pre>"
    return _page(language, say("sign_in", language), body, site=site, alert=alert, done=done)


def code_page(language: Language, *, site: str, alert: str = "") -> str:
    """The second factor."""
    field = _field("code", say("code", language), complete="one-time-code", focus=True)
    body = (
        f"<p>{say('second.why', language)}</p>"
        + _form("/console/sign-in/code", field, say("go_on", language), language)
        + _form("/console/sign-out", "", say("begin_again", language), language, quiet=True)
    )
    return _page(language, say("second", language), body, site=site, alert=alert)


def enrol_page(language: Language, *, site: str, uri: str, secret: str, alert: str = "", here: str = SIGN_IN) -> str:
    """The QR code of a new second factor."""
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    body = (
        f"<p>{say('enrol.why', language)}</p>"
        f'<img class="qr" alt="" width="220" height="220" src="{qr_uri(uri)}">'
        f'<p class="soft">{say("enrol.by_hand", language)}<br><code data-testid="secret">{grouped}</code></p>'
        + _form(
            "/console/sign-in/enrol",
            _field("code", say("code", language), complete="one-time-code"),
            say("go_on", language),
            language,
        )
        + (
            _form("/console/sign-out", "", say("begin_again", language), language, quiet=True)
            if here == SIGN_IN
            else _link_button(ACCOUNT, say("back", language), language, testid="back")
        )
    )
    return _page(language, say("enrol", language), body, site=site, alert=alert, here=here)


def recovery_page(language: Language, *, site: str, codes: Sequence[str]) -> str:
    """The recovery codes, once."""
    lines = "".join(f"<li><code>{code}</code></li>" for code in codes)
    body = (
        f"<p>{say('recovery.why', language)}</p>"
        f'<ul class="codes" data-testid="codes">{lines}</ul>'
        f'<a class="button" href="/console/?lang={language}" data-testid="kept">{say("recovery.kept", language)}</a>'
    )
    return _page(language, say("recovery", language), body, site=site, here="")


def account_page(
    language: Language,
    *,
    site: str,
    login: str,
    facts: Mapping[str, str],
    enrolled: bool,
    alert: str = "",
    done: str = "",
) -> str:
    """Who am I; password, second factor, sign out."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    fields = _field("old", say("change.old", language), kind="password", complete="current-password") + _field(
        "new", say("change.new", language), kind="password", complete="new-password"
    )
    name = f'<input type="hidden" name="username" autocomplete="username" value="{escape(login)}">'
    body = (
        f'<dl data-testid="who">{rows}</dl>'
        f'<p class="ways"><a class="button" href="/console/?lang={language}">{say("console", language)}</a></p>'
        + (
            ""
            if enrolled
            else _link_button("/console/account/factor", say("factor.set_up", language), language, testid="set-up")
        )
        + _form("/console/sign-out", "", say("sign_out", language), language, quiet=True)
        + f'<details{" open" if alert else ""}><summary data-testid="change">{say("change", language)}</summary>'
        + _form("/console/account/password", name + fields, say("change.do", language), language)
        + "</details>"
    )
    return _page(language, say("account", language), body, site=site, alert=alert, done=done, here=ACCOUNT)


def machine_page(language: Language, *, site: str) -> str:
    """For whoever sits at the machine while nobody has an account."""
    body = (
        f"<p>{say('machine', language)}</p><pre><code>{FIRST}</code></pre>"
        f'<a class="button" href="/console/?lang={language}">{say("console", language)}</a>'
    )
    return _page(language, say("account", language), body, site=site, here=ACCOUNT)


def qr_uri(text: str) -> str:
    """A QR code as an image that stands in the page itself."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=6, border=3, dark="#000", light="#fff")
    return f"data:image/svg+xml;base64,{b64encode(out.getvalue()).decode()}"


# ------ parts


def _page(
    language: Language, title: str, body: str, *, site: str, alert: str = "", done: str = "", here: str = SIGN_IN
) -> str:
    other = OTHER[language]
    told = f'<p class="alert" role="alert" data-testid="alert">{escape(alert)}</p>' if alert else ""
    told += f'<p class="done" role="status" data-testid="done">{escape(done)}</p>' if done else ""
    way = f'<a class="language" href="{here}?lang={other}" lang="{other}" data-testid="language">{NAMES[other]}</a>'
    return f"""<!doctype html>
<html lang="{language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title} · visavis</title>
    <link rel="icon" href="/static/shared/logo.svg">
    <link rel="stylesheet" href="/static/shared/tokens.css">
    <link rel="stylesheet" href="/static/sign-in/sign_in.css">
  </head>
  <body>
    <header>
      <img src="/static/shared/logo.svg" alt="" width="44" height="44">
      <p><strong>visavis</strong><br><span class="soft">{escape(say("site", language, site=site))}</span></p>
      {way if here else ""}
    </header>
    <main class="card">
      <h1>{title}</h1>
      {told}
      {body}
    </main>
  </body>
</html>
"""


def _form(action: str, fields: str, button: str, language: Language, *, quiet: bool = False) -> str:
    name = action.rsplit("/", 1)[1]
    kind = "button quiet" if quiet else "button"
    return (
        f'<form method="post" action="{action}?lang={language}">{fields}'
        f'<button class="{kind}" data-testid="{name}">{button}</button></form>'
    )


def _link_button(path: str, text: str, language: Language, *, testid: str) -> str:
    return (
        f'<p class="ways"><a class="button quiet" href="{path}?lang={language}" data-testid="{testid}">{text}</a></p>'
    )


def _field(name: str, label: str, *, kind: str = "text", complete: str, value: str = "", focus: bool = False) -> str:
    digits = ' autocapitalize="none" spellcheck="false"' if kind == "text" else ""
    return (
        f'<label><span>{label}</span><input type="{kind}" name="{name}" required maxlength="256" '
        f'autocomplete="{complete}"{digits} value="{escape(value)}"{" autofocus" if focus else ""} '
        f'data-testid="field-{name}"></label>'
    )
