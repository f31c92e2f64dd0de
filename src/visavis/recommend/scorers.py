"""The one place that makes a scorer of a recommending model's artefact; its files say which kind it is."""

from visavis.errors import ModelRefused
from visavis.recommend.offer_model import VOCABULARY, load_offer_model
from visavis.recommend.offer_scorer import OfferScorer
from visavis.recommend.scoring import BlendScorer, Scorer
from visavis.recommend.stored import MAIN, unpacked
from visavis.types import Artefact


def load_scorer(artefact: Artefact) -> Scorer:
    """Raises ModelRefused for files that are none of a recommending model, or not whole."""
    version = f"{artefact.kind.value}-{artefact.version}"
    if MAIN in artefact.files:
        stored = unpacked(artefact.files)
        return BlendScorer(stored.blend, stored.items, version=version)
    if VOCABULARY in artefact.files:
        return OfferScorer(load_offer_model(artefact.files), version=version)
    raise ModelRefused(f"no recommending model has the files {', '.join(sorted(artefact.files))[:200]}")
