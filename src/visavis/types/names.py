"""What members are called."""

from typing import NewType

MemberId = NewType("MemberId", str)
"""Random id of a member at one site's edge. Never leaves the edge."""
Token = NewType("Token", str)
"""Pseudonym of a member for one site and purpose: all that the hub knows."""
