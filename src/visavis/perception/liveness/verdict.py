"""How a liveness challenge stands. Only this leaves the edge: never a score, never a cause."""

from enum import StrEnum


class Verdict(StrEnum):
    """ISO/IEC 30107-3 calls undecided a non-response: neither bona fide nor attack."""

    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"  # cannot be judged here and now; another way is offered
