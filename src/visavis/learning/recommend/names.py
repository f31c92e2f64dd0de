"""Names that a command line needs before anything heavy is loaded."""

from enum import StrEnum


class HoldOut(StrEnum):
    """How choices are held out."""

    LEAVE_ONE_OUT = "leave-one-out"  # the last choice of each member tests, the second last weighs the blend
    RANDOM_SPLIT = "random-split"  # a quarter of each item's choices tests, a tenth of the rest weighs


class Peer(StrEnum):
    """What can be measured beside."""

    ITEM_TO_ITEM = "item-to-item"
    IMPLICIT_ALS = "implicit-als"
    IMPLICIT_BPR = "implicit-bpr"
