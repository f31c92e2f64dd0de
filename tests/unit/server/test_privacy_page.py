"""The page about privacy: complete in both languages, nothing that a setting or a pack says runs in it."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from visavis.privacy.retention import DEFAULTS, Category, Since
from visavis.server.api.answers import NoticeView
from visavis.server.public.page import language_of, privacy_page
from visavis.server.public.texts import TEXTS, Language
from visavis.server.public.view import ContactView, KeptView, LawView, PrivacyView

LANGUAGES: tuple[Language, ...] = ("en", "zh-CN")
HOSTILE = "<img src=x onerror=alert(1)>\"'&"
RAN = datetime(2026, 1, 5, 9, 7, tzinfo=UTC)


def a_view(**changes: object) -> PrivacyView:
    both = {"en": "Corner Market", "zh-CN": "街角市集"}
    notice = NoticeView(
        purpose="recognise",
        version="2026-01",
        required=False,
        title={"en": "Know my face", "zh-CN": "认出我的脸"},
        text={"en": "You choose.\n\nHow long: a year.", "zh-CN": "由您决定。\n\n保存多久：一年。"},
        sha256={"en": "5c0e", "zh-CN": "b1f2"},
    )
    kept = [
        KeptView(category=c.value, since=since.value, days=days, last_run=RAN if days else None, removed=0)
        for c, (since, days) in DEFAULTS.items()
    ]
    view = PrivacyView(
        site="north-street",
        title=both,
        demonstration=False,
        contact=ContactView(role="Data protection officer", phone="+49 (30) 1234-567", email="privacy@example.org"),
        jurisdiction=LawView(name="EU", title={"en": "European Union", "zh-CN": "欧盟"}),
        faces="on",
        alternatives=["card", "pin"],
        withdraw_at=["kiosk", "desk"],
        minimum_age=16,
        guardian_consents=True,
        written_release=False,
        consent_days=300,
        purposes=[notice],
        retention=kept,
    )
    return view.model_copy(update=changes)


class Tags(HTMLParser):
    """Every tag with its attributes, and that each that was opened is closed."""

    EMPTY = frozenset({"meta", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    assert not parser.open
    return parser.seen


def test_r10_every_text_is_there_in_both_languages() -> None:
    """With the same values to fill in; and each category has its words."""
    for key, texts in TEXTS.items():
        assert set(texts) == set(LANGUAGES), key
        assert all(text.strip() for text in texts.values()), key
        assert len({tuple(sorted(re.findall(r"{\w+}", text))) for text in texts.values()}) == 1, key
    assert {category.value for category in Category} <= TEXTS.keys()
    assert {f"kept.days.{since.value}" for since in Since} <= TEXTS.keys()
    assert {f"why.{c.value}" for c, (_, days) in DEFAULTS.items() if days is None} <= TEXTS.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_r10_the_whole_schedule_stands_on_the_page(language: Language) -> None:
    """Every category with its days and the last run of the job."""
    page = privacy_page(a_view(), language)
    rows = dict(re.findall(r'<tr id="keep-(\w+)">(.*?)</tr>', page))
    assert set(rows) == {category.value for category in Category}
    for category, (_, days) in DEFAULTS.items():
        row = rows[category.value]
        assert TEXTS[category.value][language] in row
        assert (
            (f"{days:,}" in row and "2026-01-05 09:07 UTC" in row)
            if days
            else TEXTS[f"why.{category.value}"][language] in row
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_r20_a_person_to_call_is_named_and_can_be_called(language: Language) -> None:
    """Role, telephone and e-mail; at a kiosk, which cannot call, as words."""
    page = privacy_page(a_view(), language)
    links = {attrs.get("href") for tag, attrs in tags(page) if tag == "a"}
    assert {"tel:+49301234567", "mailto:privacy@example.org"} <= links
    assert "Data protection officer" in page
    assert TEXTS["contact.mistaken"][language] in page
    kiosk = privacy_page(a_view(), language, placement="entrance")
    assert "+49 (30) 1234-567" in kiosk
    links = {str(attrs.get("href")) for tag, attrs in tags(kiosk) if tag == "a"}
    assert all(link.startswith(("/kiosk?placement=entrance", "?lang=")) for link in links)


def test_r20_where_nobody_is_named_the_staff_is() -> None:
    """Never an empty card."""
    page = privacy_page(a_view(contact=ContactView(role="", phone="", email="")), "en")
    assert "Please ask the staff" in page
    assert "mailto" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_r12_the_page_says_what_a_member_can_ask_for(language: Language) -> None:
    """Copy, correction, objection, the reason, and whom to complain to."""
    page = privacy_page(a_view(), language)
    wanted = [key for key in TEXTS if key.startswith("rights.")]
    assert len(wanted) == 5
    assert all(TEXTS[key][language] in page for key in wanted)


@pytest.mark.parametrize("language", LANGUAGES)
def test_r17_where_no_face_is_used_the_page_says_so(language: Language) -> None:
    """And does not send anybody to a camera."""
    page = privacy_page(a_view(faces="jurisdiction", purposes=[]), language)
    assert TEXTS["faces.off"][language] in page
    assert TEXTS["faces.alternatives"][language] in page
    assert TEXTS["withdraw.kiosk.nocamera"][language] in page
    assert TEXTS["faces.on"][language] not in page


def test_nothing_that_comes_from_outside_becomes_markup() -> None:
    """Settings, packs and profiles are words, whatever they hold; no script and no style stands in the page."""
    view = a_view(
        site=HOSTILE,
        title={"en": HOSTILE, "zh-CN": HOSTILE},
        contact=ContactView(role=HOSTILE, phone=HOSTILE, email=HOSTILE),
        jurisdiction=LawView(name="EU", title={"en": HOSTILE, "zh-CN": HOSTILE}),
    )
    notice = view.purposes[0].model_copy(update={"title": {"en": HOSTILE}, "text": {"en": HOSTILE}, "version": HOSTILE})
    plain = {tag for tag, _ in tags(privacy_page(a_view(), "en"))}
    for placement in ("", HOSTILE):
        found = tags(privacy_page(view.model_copy(update={"purposes": [notice]}), "en", placement=placement))
        assert {tag for tag, _ in found} <= plain | {"nav", "a"}
        assert not [name for _, attrs in found for name in attrs if name.startswith("on") or name == "style"]
    assert "script" not in plain
    assert all(attrs.get("src") == "/static/shared/logo.svg" for tag, attrs in found if tag == "img")


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [(None, "zh-CN,zh;q=0.9", "zh-CN"), ("en", "zh-CN", "en"), ("zh", "", "zh-CN"), (None, "", "en"), ("xx", "", "en")],
)
def test_the_language_is_that_of_the_address_or_of_the_browser(
    wanted: str | None, accepted: str, language: Language
) -> None:
    """English for everything else."""
    assert language_of(wanted, accepted) == language
