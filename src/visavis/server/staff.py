"""Who is staff, until staff can sign in: whoever sits at the machine itself."""

from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, Request

from visavis.errors import StaffOnly

PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")  # a proxy on this machine also comes from loopback


def is_staff(request: Request) -> bool:
    """Whether the request comes from this machine, without a proxy between."""
    host = request.client.host if request.client else ""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "testclient"
    return local and not any(name in request.headers for name in PROXIED)


def staff_only(request: Request) -> None:
    """Raises StaffOnly for everybody else."""
    if not is_staff(request):
        raise StaffOnly


Staff = Annotated[None, Depends(staff_only)]
