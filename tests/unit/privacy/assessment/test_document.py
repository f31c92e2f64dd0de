"""The document says what runs and what was answered, in both languages and three formats, whatever the answers hold."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from visavis.privacy.assessment.blocks import Document, Heading, Table
from visavis.privacy.assessment.configuration import Configuration, configuration_sha256
from visavis.privacy.assessment.document import Assessment, document
from visavis.privacy.assessment.html import html
from visavis.privacy.assessment.markdown import markdown
from visavis.privacy.assessment.pdf import pdf
from visavis.privacy.assessment.questions import QUESTIONS
from visavis.privacy.assessment.risks import RISKS, highest, remaining
from visavis.privacy.assessment.texts import LOCALES, texts
from visavis.privacy.retention import Category, Since
from visavis.testing import T0

from .conftest import ANSWERS

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> & \"q\" 's' | # [x](javascript:y) `c`\n\n## no\n😀 你好"
)


def drawn(configuration: Configuration, locale: str = "en", **answers: str) -> Document:
    said = ANSWERS | answers
    return document(Assessment(facts=configuration.facts(), answers=said, signed_at=T0), locale)


def words_of(paper: bytes) -> str:
    """What an uncompressed PDF of ours writes, without spaces: Helvetica in cp1252, the Chinese font in UTF-16."""
    found = []
    for font, text in re.findall(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", paper, re.DOTALL):
        if font:
            encoding = "cp1252" if font == b"F1" else "utf-16-be"
            continue
        plain = re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), text)
        found.append(re.sub(rb"\\(.)", rb"\1", plain, flags=re.DOTALL).decode(encoding, errors="replace"))
    return re.sub(r"\s", "", "".join(found))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_r14_every_part_that_the_law_asks_for_is_there(configuration: Configuration) -> None:
    """GDPR art. 35(7) and 人脸识别技术应用安全管理办法 art. 9: purpose, necessity, risks, measures, and the rest."""
    found = [block.text for block in drawn(configuration).blocks if isinstance(block, Heading)]
    assert found == [
        "Impact assessment: faces at site-1",
        "1. Who is responsible",
        "2. Purpose and necessity",
        "3. Proportionality and alternatives",
        "4. Data, where it flows and where it rests",
        "5. Who is affected",
        "6. Lawful basis and consent",
        "7. Retention",
        "8. Rights",
        "9. Security",
        "10. Accuracy",
        "11. Risks and what lowers them",
        "12. What remains",
        "13. Consultation",
        "14. Decision",
        "15. Annex",
    ]


@pytest.mark.parametrize("locale", LOCALES)
def test_r14_every_answer_is_in_the_document_or_its_key_is_named(configuration: Configuration, locale: str) -> None:
    """All answered: each text is there and nothing is open. None answered: each key is there."""
    full = markdown(drawn(configuration, locale)).replace("\\", "")
    unsaid = {"residual_risk", "decision", "signer_role", "contact"}
    assert all(said in full for key, said in ANSWERS.items() if key not in unsaid)
    assert "Not answered" not in full
    assert "尚未回答" not in full
    empty = document(Assessment(facts=configuration.facts(), answers={}), locale)
    text = markdown(empty).replace("\\", "")
    wanted = [question.key for question in QUESTIONS if not question.optional] + ["contact"]
    assert all(re.search(rf"(Not answered yet: |尚未回答：){key}", text) for key in wanted)


def test_r14_the_document_follows_the_configuration(configuration: Configuration) -> None:
    """Each thing that is changed changes what is said."""
    text = markdown(drawn(configuration))
    for figure in ("European Union", "16 years", "365", "730", "0.1 %", "499,500 pairs", "Level L1", "72 hours"):
        assert figure in text, figure
    assert configuration_sha256(configuration.facts()) in text
    kept = {"biometric": {"days": 30, "since": "last_visit"}}
    other = replace(configuration, protection="L0", false_match_rate=0.02, retention=kept, consent_days=9)
    text = markdown(drawn(other))
    for figure in ("Level L0", "2 %", "| templates of faces | 30 | the last visit |", "good for 9 days"):
        assert figure in text, figure


def test_r14_risks_follow_the_configuration(configuration: Configuration) -> None:
    """By hand: L0 makes a stolen database likelier, a check of liveness a photo less so."""
    by_key = {risk.key: risk for risk in RISKS}
    facts = configuration.facts()
    assert (by_key["stolen"].likelihood(facts), remaining(by_key["stolen"], facts)) == ("low", "low")
    weaker = replace(configuration, protection="L0").facts()
    assert (by_key["stolen"].likelihood(weaker), remaining(by_key["stolen"], weaker)) == ("medium", "medium")
    assert remaining(by_key["spoof"], facts) == "medium"  # likely, not severe
    checked = replace(configuration, liveness=dict.fromkeys(("enrolment", "rewards", "consent_change"), "both"))
    assert remaining(by_key["spoof"], checked.facts()) == "low"
    assert highest(facts) == "medium"


def test_r14_a_judgement_below_the_table_has_to_be_carried(configuration: Configuration) -> None:
    """The document says that people judged lower than the rules did."""
    line = "The answer is lower than the table"
    assert line in markdown(drawn(configuration, residual_risk="low"))
    assert line not in markdown(drawn(configuration, residual_risk="medium"))


def test_everything_is_said_in_both_languages() -> None:
    """The same values to fill in."""
    assert len(texts()) > 120
    for key, said in texts().items():
        assert set(said) == set(LOCALES), key
        english, chinese = (sorted(re.findall(r"{\w+}", said[locale])) for locale in LOCALES)
        assert english == chinese, key
    wanted = {f"risk.{risk.key}.{part}" for risk in RISKS for part in ("what", "measure")}
    assert wanted | {f"ask.{question.key}" for question in QUESTIONS} <= texts().keys()


def test_every_kind_of_data_of_the_schedule_has_words() -> None:
    """And everything that its days can be counted from."""
    wanted = {f"kept.{category.value}" for category in Category} | {f"since.{since.value}" for since in Since}
    assert wanted <= texts().keys()


def test_r14_html_shows_hostile_answers_as_text(configuration: Configuration) -> None:
    """No tag, no attribute and no address of an answer gets into the page."""
    page = html(drawn(configuration, controller=HOSTILE))
    tags = Tags()
    tags.feed(page)
    assert not tags.seen & {"script", "img", "a", "iframe", "link", "object"}
    assert "alert(1)</script>" not in page
    assert HOSTILE.split("\n", maxsplit=1)[0] in tags.words
    assert "default-src 'none'" in page


def test_markdown_shows_hostile_answers_as_text(configuration: Configuration) -> None:
    """No heading, link, tag or cell of an answer's own."""
    text = markdown(drawn(configuration, controller=HOSTILE))
    assert "\n## no" not in text
    assert "> \\## no" in text
    assert "\\<script\\>" in text
    assert "\\[x\\](javascript" in text
    rows = [line for line in text.splitlines() if line.startswith("| Site ")]
    assert rows == ["| Site | site-1 |"]


@pytest.mark.parametrize("locale", LOCALES)
def test_r14_the_pdf_holds_what_the_document_says(configuration: Configuration, locale: str) -> None:
    """Read back from its own drawing operators: every heading and every cell, in both fonts."""
    said = drawn(configuration, locale, controller="角落市集 (Größe) \\ Ltd")
    words = words_of(pdf(said, compressed=False))
    wanted = [block.text for block in said.blocks if isinstance(block, Heading)]
    wanted += [cell for block in said.blocks if isinstance(block, Table) for row in block.rows for cell in row]
    wanted += ["角落市集 (Größe) \\ Ltd"]
    assert len(wanted) > 60
    for text in wanted:
        assert re.sub(r"\s", "", text) in words, text


def test_the_pdf_takes_any_answer(configuration: Configuration) -> None:
    """Markup of the typesetter, letters that no font has, four thousand letters without a space."""
    for said in (HOSTILE, "<b>bold</b> &amp; <para>", "x" * 4000, "好" * 4000, "\n" * 500 + "end", "😀" * 300, "ж ع"):
        paper = pdf(drawn(configuration, controller=said), compressed=False)
        assert paper.startswith(b"%PDF-")
    words = words_of(pdf(drawn(configuration, controller="a 😀 <b>x</b>"), compressed=False))
    assert "a[U+1F600]<b>x</b>" in words


def test_the_same_document_gives_the_same_bytes(configuration: Configuration) -> None:
    """So that two people can compare what they hold."""
    assert pdf(drawn(configuration)) == pdf(drawn(configuration))


def test_r14_a_demonstration_a_draft_and_a_changed_site_say_so(configuration: Configuration) -> None:
    """First thing below the title, in every format."""
    facts = configuration.facts()
    marked = document(Assessment(facts=facts, answers={}, signed_at=T0, demonstration=True), "en")
    draft = document(Assessment(facts=facts, answers=ANSWERS), "en")
    stale = document(Assessment(facts=facts, answers=ANSWERS, signed_at=T0, changed=("review: off, now strict",)), "en")
    for said, mark in ((marked, "DEMONSTRATION"), (draft, "Draft: nobody"), (stale, "review: off, now strict")):
        assert mark in markdown(said)[:600]
        assert mark in html(said)
        assert mark.replace(" ", "") in words_of(pdf(said, compressed=False))
