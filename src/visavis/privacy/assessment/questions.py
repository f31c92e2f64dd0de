"""What only people can say, each under the key that it has in the file of answers."""

from dataclasses import dataclass

LEVELS = ("low", "medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; nothing is made up where its answer is missing."""

    key: str  # its words are `ask.<key>` in texts.yaml
    choices: tuple[str, ...] = ()  # empty: any text
    optional: bool = False
    is_day: bool = False  # the answer is a day, as 2027-01-31


QUESTIONS = (
    Question(key="controller"),
    Question(key="necessity"),
    Question(key="alternatives"),
    Question(key="people"),
    Question(key="minors"),
    Question(key="lawful_basis"),
    Question(key="notices"),
    Question(key="recipients"),
    Question(key="machines"),
    Question(key="backups"),
    Question(key="accuracy"),
    Question(key="consulted"),
    Question(key="residual_risk", choices=LEVELS),
    Question(key="residual_reason"),
    Question(key="authority", optional=True),  # unless the residual risk is high
    Question(key="decision", choices=("yes", "no")),
    Question(key="conditions", optional=True),
    Question(key="review_by", is_day=True),
    Question(key="signer_role"),
)
BY_KEY = {question.key: question for question in QUESTIONS}
