"""Which hosts a site looks at."""

from visavis.errors import CameraRefused
from visavis.perception.address import camera_address
from visavis.server.cameras import check_host


def looks_at(url: str, *hosts: str, at: tuple[str, ...] = ()) -> bool:
    try:
        check_host(camera_address(url), hosts, resolve=lambda host, _: at or (host,))
    except CameraRefused:
        return False
    return True


def test_without_a_list_all_but_link_local_and_multicast() -> None:
    """The metadata service of a cloud is no camera, under whatever name."""
    assert looks_at("rtsp://10.0.0.7/live")
    assert looks_at("rtsp://127.0.0.1:8554/live")
    assert looks_at("rtsp://away.example/live", at=("no address",))
    for address in ("169.254.169.254", "fe80::1", "224.0.0.1", "::", "::ffff:169.254.169.254"):
        assert not looks_at("http://admin:secret@cam.example/x", at=(address,))
    assert not looks_at("http://169.254.169.254/latest/meta-data")


def test_with_a_list_only_what_stands_there() -> None:
    """Networks, addresses and names; every address of a name must be in it."""
    hosts = ("10.20.0.0/16", "10.30.0.5", "Door.example")
    assert looks_at("rtsp://10.20.3.4/live", *hosts)
    assert looks_at("rtsp://10.30.0.5/live", *hosts)
    assert looks_at("rtsp://door.example/live", *hosts, at=("1.2.3.4",))
    assert looks_at("rtsp://aisle.example/live", *hosts, at=("10.20.0.1", "10.20.0.2"))
    assert not looks_at("rtsp://aisle.example/live", *hosts, at=("10.20.0.1", "10.21.0.2"))
    assert not looks_at("rtsp://10.30.0.6/live", *hosts)
    assert not looks_at("rtsp://away.example/live", *hosts, at=("no address",))
    assert looks_at("/dev/video0", *hosts)
