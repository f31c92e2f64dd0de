"""Who is in the stories of consent, and what is drawn for them."""

from dataclasses import dataclass

from consent_oracle import Joining
from hypothesis import strategies as st

from visavis.types import MemberId, Method, Purpose, Token

PEOPLE = 3

some_people = st.integers(0, PEOPLE - 1)
some_nodes = st.integers(0, 4)
places = st.sampled_from([None, None, None, *range(5)])  # None: where the member joined
some_of = st.integers(0, 2**16)  # of those who joined, taken modulo
some_purposes = st.sampled_from(list(Purpose))
ANN = Joining(signature="Ann Example")
JOINING = [Joining()] + [
    Joining(child=True, guardian=guardian, signature=signature)
    for guardian in (False, True)
    for signature in ("", "Her Mother")
]
signatures = st.sampled_from(["", "Her Mother", "Her Aunt"])
codes = st.sampled_from([Method.CARD, Method.PIN])
reactions = st.sampled_from([None, "tapped", "bought"])
ports = st.sampled_from([None, "roster", "edge_ledger", "hub_ledger", "eraser", "erasures", "audit", "decisions"])


@dataclass
class Card:
    """What somebody who joined carries, and what they were told."""

    who: MemberId
    token: Token
    person: int
    pin: str
    card: str
    home: int  # process at which they joined
    guardian: str  # whose signature counts for them; their own where empty
    has_face: bool = False
    gone: bool = False
