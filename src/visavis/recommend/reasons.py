"""Honest answers to "why this?"."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from visavis.types import Item, Localised, Profile, Reason, Scenario

LIKED = 0.15  # share of interest from which a category counts as liked
WORDS: Mapping[str, Localised] = {
    "bought_before": {"en": "You were interested in it before.", "zh-CN": "您以前对它感兴趣。"},
    "likes_category": {"en": "You often choose from “{category}”.", "zh-CN": "您经常选择“{category}”。"},
    "popular_here": {"en": "It is what we expect you to like best here.", "zh-CN": "我们预计您在这里最喜欢它。"},
    "trying_something_new": {
        "en": "We are trying something new and learn from what you do.",
        "zh-CN": "我们在尝试新的内容，并从您的反应中学习。",
    },
    "not_personalised": {
        "en": "It was drawn by lot from what everybody can get here. Nothing about you was used.",
        "zh-CN": "从这里人人可得的内容中随机抽取，没有使用任何关于您的信息。",
    },
}


def reasons(profile: Profile | None, item: Item, estimates: NDArray[np.float64], chosen: int) -> tuple[Reason, ...]:
    """What spoke for the chosen item, strongest first; never empty."""
    if profile is None:
        return (Reason(code="not_personalised"),)
    found = []
    if profile.item_interest.get(item.id, 0.0) > 0:
        found.append(Reason(code="bought_before", detail={"item": item.id}))
    if profile.affinity.get(item.category, 0.0) >= LIKED:
        found.append(Reason(code="likes_category", detail={"category": item.category}))
    if estimates[chosen] >= estimates.max() and estimates.max() > 0:
        found.append(Reason(code="popular_here"))
    return tuple(found) or (Reason(code="trying_something_new"),)


def words(reason: Reason, scenario: Scenario) -> Localised:
    """The reason as a member reads it, in each language."""
    titles = scenario.category_titles.get(reason.detail.get("category", ""), {})
    return {
        locale: text.replace("{category}", titles.get(locale, reason.detail.get("category", "")))
        for locale, text in WORDS[reason.code].items()
    }
