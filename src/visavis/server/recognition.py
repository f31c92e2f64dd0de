"""The console's recognition page, read from the edge."""

from collections.abc import Mapping

from visavis.server.api.system import gallery_view, pack_view, threshold_view
from visavis.server.console.recognition import Recognition, Waiting, Watched
from visavis.server.readings import Why
from visavis.server.site import Site

FPS = 5.0


class SiteRecognition:
    """Implements `console.recognition.RecognitionSource`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.placements: Mapping[str, Mapping[str, str]] = {
            placement.id: placement.name for placement in site.scenario.placements.values()
        }

    async def read(self, *, by: str) -> Recognition:
        """One reading; whoever waits for an answer is written down as looked at."""
        site = self._site
        waiting = await site.reviews.open()
        whom = site.reviews.tokens(waiting)
        await site.readings.note(actor=by, why=Why.REVIEW, subjects=whom, what="/console/recognition")
        states = site.monitors.states()
        pack, gallery, threshold = pack_view(site), gallery_view(site), threshold_view(site)
        return Recognition(
            monitors=[
                Watched(
                    monitor=monitor,
                    address=site.monitors.label(monitor),
                    state=states.get(monitor.name) if monitor.enabled else None,
                    trouble=site.monitors.trouble(monitor.name),
                )
                for monitor in await site.monitors.all()
            ],
            mode=site.reviews.mode.value,
            waiting=[Waiting(review=review, member=site.reviews.pseudonym(review.member_id)) for review in waiting],
            pack=f"{pack.name} {pack.version}",
            model=pack.model,
            licences=pack.licences,
            members=gallery.members,
            by_face=gallery.by_face,
            templates=gallery.templates,
            other_models=gallery.other_models,
            score=threshold.score,
            false_positive_rate=threshold.false_positive_rate,
            false_match_rate=threshold.false_match_rate,
            impostor_pairs=threshold.impostor_pairs,
            evidence=threshold.evidence,
        )

    async def answer(self, review_id: str, *, confirm: bool, by: str) -> None:
        """What staff says of a match."""
        await self._site.reviews.answer(review_id, confirm=confirm, by=by)

    async def add(self, *, name: str, address: str, placement: str, by: str) -> None:
        """Watch one more camera."""
        await self._site.monitors.add(
            name=name, address=address, placement=placement, max_fps=FPS, enabled=True, actor=by
        )

    async def switch(self, name: str, *, on: bool, by: str) -> None:
        """Start or stop a camera, and remember it."""
        await self._site.monitors.change(name, address=None, placement=None, max_fps=None, enabled=on, actor=by)

    async def remove(self, name: str, *, by: str) -> None:
        """Stop and forget a camera."""
        await self._site.monitors.remove(name, actor=by)
