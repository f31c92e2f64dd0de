"""What every route declares where staff sees data of people: the purpose. Who may use it is declared besides.

@router.get("", dependencies=[needs(Permission.ANSWER_REVIEWS)])
async def waiting(request: Request, look: Annotated[Look, Depends(StaffRead(Why.REVIEW))]) -> ReviewList:
await look.at(tokens)
"""

from starlette.requests import HTTPConnection

from visavis.server.access import principal_of
from visavis.server.readings import Look, Why
from visavis.server.site import site_of


class StaffRead:
    """Dependency that knows who looks, and why."""

    def __init__(self, why: Why) -> None:
        self.why = why

    async def __call__(self, connection: HTTPConnection) -> Look:
        """A look that is not written down yet."""
        return Look(
            readings=site_of(connection).readings,
            actor=(await principal_of(connection)).actor,
            why=self.why,
            what=connection.scope["route"].path,
        )
