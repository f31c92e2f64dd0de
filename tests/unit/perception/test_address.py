"""Addresses of cameras: what may be opened, and what is never repeated."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import CameraRefused
from visavis.perception.address import Kind, camera_address

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "kind", "label"),
    [
        (f"rtsp://user:{SECRET}@10.0.0.7:554/live?ch=1", Kind.RTSP, "rtsp://10.0.0.7"),
        (f"RTSPS://user:{SECRET}@cam.example/live", Kind.RTSP, "rtsps://cam.example"),
        (f"http://cam/{SECRET}/video.mjpg", Kind.HTTP, "http://cam"),
        (f"https://[fe80::1]:8443/?token={SECRET}", Kind.HTTP, "https://[fe80::1]"),
        ("/dev/video12", Kind.DEVICE, "/dev/video12"),
    ],
)
def test_people_read_scheme_and_host(text: str, kind: Kind, label: str) -> None:
    """User, password, path and query are for FFmpeg alone."""
    address = camera_address(text)
    assert (address.kind, address.label, address.url) == (kind, label, text)
    for shown in (str(address), repr(address), f"{address}"):
        assert SECRET not in shown


def test_a_file_is_named_without_its_folders(tmp_path: Path) -> None:
    """A path may tell who lives on the machine."""
    (tmp_path / "clip one.mkv").touch()
    address = camera_address(str(tmp_path / "clip one.mkv"))
    assert (address.kind, address.label) == (Kind.FILE, "clip one.mkv")
    assert str(tmp_path) not in repr(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 3000,
        f"ftp://user:{SECRET}@host/film.mkv",
        f"file:///etc/{SECRET}",
        f"concat://{SECRET}",
        f"rtsp://user:{SECRET}@/live",
        f"rtsp://user:{SECRET}@host:99999/live",
        f"rtsp://user:{SECRET}@host:port/live",
        f"http://user:{SECRET}@[::1/live",
        f"rtsp://host/{SECRET}\nx",
        f"rtsp://host/{SECRET} x",
        f"rtsp://host\\{SECRET}",
        f"/dev/{SECRET}",
        "/dev/video1234",
        "/dev/video0\0",
        f"/nowhere/{SECRET}.mkv",
        "/",
    ],
)
def test_what_is_refused_is_not_repeated(text: str) -> None:
    """The reason is said; the address, which may hold a password, is not."""
    with pytest.raises(CameraRefused) as refused:
        camera_address(text)
    assert refused.value.detail
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("text", ["/dev/video0", __file__, "film.mkv"])
def test_an_address_from_the_network_names_nothing_on_this_machine(text: str) -> None:
    """Who may add a camera over HTTP does not read files with it."""
    with pytest.raises(CameraRefused):
        camera_address(text, local=False)


@given(st.text(max_size=80), st.sampled_from(["", "rtsp://", "http://", "rtsp://u:p@", "/dev/video", "https://["]))
def test_any_text_is_an_address_or_refused(tail: str, head: str) -> None:
    """Nothing else is raised, and what is accepted has a host."""
    try:
        address = camera_address(head + tail, local=False)
    except CameraRefused:
        return
    assert address.label.partition("://")[2]
