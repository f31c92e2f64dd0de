"""Files beside the site key: member keys that can be ended, and the list of who must not come back."""

from datetime import timedelta
from pathlib import Path

import pytest

from visavis.errors import KeyDestroyed, SettingInvalid
from visavis.privacy.erasure import FileErasures, digest, read_erasures, union
from visavis.privacy.keys import FileSiteKey, slots_file
from visavis.privacy.slots import RECORD, Slots
from visavis.testing import T0
from visavis.types import Erased, Token


def an_entry(number: int) -> Erased:
    return Erased(subject_sha256=f"{number:064x}", what="everything", at=T0 + timedelta(seconds=number))


def test_a_slot_is_found_by_its_id_until_it_is_destroyed(tmp_path: Path) -> None:
    """Whoever takes its place gets another number; the old id opens nothing."""
    slots = Slots(tmp_path / "k.slots")
    position, identity, share = slots.take()
    assert slots.share(position, identity) == share
    assert slots.destroy(position, identity)
    assert share not in (tmp_path / "k.slots").read_bytes()
    with pytest.raises(KeyDestroyed):
        slots.share(position, identity)
    again, other, _ = slots.take()
    assert again == position  # the room is used again
    with pytest.raises(KeyDestroyed):
        slots.share(position, identity)
    assert not slots.destroy(position, identity)
    assert slots.taken() == {again: other}


def test_two_processes_do_not_take_the_same_slot(tmp_path: Path) -> None:
    """Each opened the file when it was empty."""
    one, two = Slots(tmp_path / "k.slots"), Slots(tmp_path / "k.slots")
    taken = [slots.take() for slots in (one, two, one, two)]
    assert len({position for position, _, _ in taken}) == 4
    assert all(one.share(position, identity) == share for position, identity, share in taken)


@pytest.mark.parametrize(("spoil", "said"), [("gone", "missing"), ("cut", "shorter"), ("other", "does not hold")])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, spoil: str, said: str) -> None:
    path = tmp_path / "k.slots"
    position, identity, _ = Slots(path).take()
    content = path.read_bytes()
    match spoil:
        case "gone":
            path.unlink()
        case "cut":
            path.write_bytes(content[: -RECORD // 2])
        case _:
            path.write_bytes(b"something else" + content)
    with pytest.raises(SettingInvalid, match=said):
        Slots(path).share(position, identity)


def test_others_must_not_read_the_slots(tmp_path: Path) -> None:
    Slots(tmp_path / "k.slots").take()
    (tmp_path / "k.slots").chmod(0o644)
    with pytest.raises(SettingInvalid, match="chmod 600"):
        Slots(tmp_path / "k.slots").take()


def test_what_a_crash_left_without_a_member_is_swept(tmp_path: Path) -> None:
    """Only what was there before, and what nobody hangs on."""
    keys = FileSiteKey(tmp_path / "site.key")
    used, orphan = (keys.wrap(bytes(32), aad=b"a", erasable=True) for _ in range(2))
    before = keys.taken()
    young = keys.wrap(bytes(32), aad=b"a", erasable=True)
    assert keys.sweep(before, [used]) == 1
    assert keys.unwrap(used, aad=b"a") == keys.unwrap(young, aad=b"a") == bytes(32)
    with pytest.raises(KeyDestroyed):
        keys.unwrap(orphan, aad=b"a")
    assert slots_file(tmp_path / "site.key").name == "site.slots"


async def test_a_line_that_a_crash_cut_is_left_out(tmp_path: Path) -> None:
    """It was never promised; what comes after it counts."""
    path = tmp_path / "erased"
    await FileErasures(path).append([an_entry(1)])
    with path.open("a") as file:
        file.write('{"subject_sha256":"00')
    await FileErasures(path).append([an_entry(2)])
    assert read_erasures(path) == [an_entry(1), an_entry(2)]


@pytest.mark.parametrize("line", ["nonsense", '{"subject_sha256":"1","at":"2026-01-01"}', '{"what":1}', "[]"])
def test_a_line_that_is_none_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    """A list that cannot be read must not pass for a short one."""
    path = tmp_path / "erased"
    path.write_text(f"\n{line}\n")
    with pytest.raises(SettingInvalid, match="line 2"):
        read_erasures(path)


def test_lists_are_joined() -> None:
    assert union([an_entry(2), an_entry(1)], [an_entry(2)]) == [an_entry(1), an_entry(2)]


def test_a_digest_is_one_way_and_the_same_everywhere() -> None:
    """The list of one node serves another; it names nobody."""
    assert digest(Token("a")) == digest(Token("a")) != digest(Token("b"))
    assert len(digest(Token("a"))) == 64
    assert read_erasures(Path("/nonexistent/erased")) == []
