"""The one place that says whether faces are on."""

from pathlib import Path

import pytest

from visavis.config import Settings
from visavis.privacy.assessment.signing import Standing, Trouble
from visavis.privacy.jurisdiction import Jurisdiction, load_jurisdiction
from visavis.server.faces_allowed import FacesAllowed, FaceUse, faces_allowed

FINE = Standing(trouble="")


def asked(tmp_path: Path, standing: Standing, law: Jurisdiction | None = None, **changes: object) -> FacesAllowed:
    settings = Settings(data_dir=tmp_path, **changes)
    return faces_allowed(settings, law or load_jurisdiction("default"), standing)


@pytest.mark.parametrize(
    ("trouble", "use"),
    [
        ("", FaceUse.ON),
        ("missing", FaceUse.NO_ASSESSMENT),
        ("invalid", FaceUse.NO_ASSESSMENT),
        ("demonstration", FaceUse.NO_ASSESSMENT),
        ("changed", FaceUse.STALE_ASSESSMENT),
    ],
)
def test_r14_faces_are_on_with_a_valid_assessment_alone(tmp_path: Path, trouble: Trouble, use: FaceUse) -> None:
    """Each trouble has its reason; a demonstration needs none."""
    found = asked(tmp_path, Standing(trouble=trouble))
    assert found.use is use
    assert asked(tmp_path, Standing(trouble=trouble), demonstration=True).on
    assert found.on is (use is FaceUse.ON)
    assert found.reason.startswith(use.value)


def test_the_switch_and_the_law_come_before_the_assessment(tmp_path: Path) -> None:
    """Also at a demonstration."""
    lawless = load_jurisdiction("default").model_copy(update={"face_purposes": []})
    for demonstration in (False, True):
        off = asked(tmp_path, FINE, face=False, demonstration=demonstration)
        assert off.use is FaceUse.SWITCHED_OFF
        assert asked(tmp_path, FINE, lawless, demonstration=demonstration).use is FaceUse.JURISDICTION


def test_what_changed_is_named_but_not_without_end(tmp_path: Path) -> None:
    """Five differences, and how many more there are."""
    changes = tuple(f"part-{n}: 1, now 2" for n in range(7))
    reason = asked(tmp_path, Standing(trouble="changed", changed=changes)).reason
    assert reason.startswith("stale_assessment: part-0: 1, now 2; part-1")
    assert reason.endswith("part-4: 1, now 2; 2 more")
