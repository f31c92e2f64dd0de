"""What proves who somebody of the staff is cannot be logged, by whatever name it is given."""

import pytest

from visavis.server.logs import redact
from visavis.testing import a_staff, a_staff_session, an_api_key


@pytest.mark.parametrize(
    "value", [a_staff(), a_staff_session(), an_api_key(), b"digest"], ids=lambda v: type(v).__name__
)
def test_records_of_staff_are_cut_by_type(value: object) -> None:
    """Even under a harmless name."""
    assert redact(None, "info", {"event": "x", "who": value}) == {"event": "x", "who": "[redacted]"}


@pytest.mark.parametrize("name", ["password", "cookie", "login", "secret", "key", "authorization"])
def test_secrets_are_cut_by_name(name: str) -> None:
    """Even where they are plain text."""
    assert redact(None, "info", {"event": "x", name: "ada"}) == {"event": "x", name: "[redacted]"}
