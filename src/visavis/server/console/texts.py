"""What the console says, in English and 简体中文."""

from typing import Literal

Language = Literal["en", "zh-CN"]

TEXTS: dict[str, dict[Language, str]] = {
    "title": {"en": "Live board", "zh-CN": "实时看板"},
    "site": {"en": "Site", "zh-CN": "站点"},
    "health.ok": {"en": "All is well", "zh-CN": "运行正常"},
    "health.down": {"en": "The database does not answer", "zh-CN": "数据库没有响应"},
    "funnel": {"en": "From the camera to the reaction", "zh-CN": "从摄像头到反应"},
    "funnel.note": {
        "en": "Since this server started. Members known by card or PIN join at “recognised”.",
        "zh-CN": "自服务器启动以来。通过卡片或 PIN 码认出的会员从“识别”一步计入。",
    },
    "frames": {"en": "Frames", "zh-CN": "帧"},
    "faces": {"en": "Faces", "zh-CN": "人脸"},
    "recognised": {"en": "Recognised", "zh-CN": "识别"},
    "decided": {"en": "Decided", "zh-CN": "决策"},
    "shown": {"en": "Shown", "zh-CN": "展示"},
    "reacted": {"en": "Reacted", "zh-CN": "反应"},
    "of_before": {"en": "{share} of {stage}", "zh-CN": "占{stage}的 {share}"},
    "curve": {"en": "Reward of the policy against random", "zh-CN": "策略与随机的奖励对比"},
    "curve.note": {
        "en": "Mean reward of consecutive answered decisions. Random is estimated from the same log "
        "by inverse propensity: what a uniform choice among the same candidates would have earned.",
        "zh-CN": "连续已反馈决策的平均奖励。随机策略由同一日志按逆倾向得分估计：在相同候选中均匀选择会得到的奖励。",
    },
    "curve.policy": {"en": "Policy", "zh-CN": "策略"},
    "curve.uniform": {"en": "Random", "zh-CN": "随机"},
    "curve.x": {"en": "answered decisions", "zh-CN": "已反馈的决策"},
    "curve.y": {"en": "mean reward", "zh-CN": "平均奖励"},
    "curve.empty": {
        "en": "The curve begins with the first reactions.",
        "zh-CN": "有了最初的反应之后曲线就会出现。",
    },
    "decisions": {"en": "Last decisions", "zh-CN": "最近的决策"},
    "decisions.empty": {
        "en": "No decision yet. Open the kiosk and press start.",
        "zh-CN": "还没有决策。请打开自助终端并按开始。",
    },
    "time": {"en": "Time", "zh-CN": "时间"},
    "placement": {"en": "Placement", "zh-CN": "展示位"},
    "item": {"en": "Item", "zh-CN": "条目"},
    "propensity": {"en": "Propensity", "zh-CN": "倾向得分"},
    "version": {"en": "Policy version", "zh-CN": "策略版本"},
    "reasons": {"en": "Reasons", "zh-CN": "原因"},
    "outcome": {"en": "Outcome", "zh-CN": "结果"},
    "outcome.waiting": {"en": "on the screen", "zh-CN": "展示中"},
    "outcome.unseen": {"en": "not shown", "zh-CN": "未展示"},
    "outcome.none": {"en": "no reaction", "zh-CN": "无反应"},
    "outcome.reward": {"en": "reward {reward}", "zh-CN": "奖励 {reward}"},
    "reason.likes_category": {"en": "likes {category}", "zh-CN": "喜欢{category}"},
    "reason.popular_here": {"en": "best expected here", "zh-CN": "此处预期最佳"},
    "reason.trying_something_new": {"en": "trying something new", "zh-CN": "尝试新内容"},
    "reason.bought_before": {"en": "interested before", "zh-CN": "以前感兴趣"},
    "reason.for_everyone": {"en": "for everyone", "zh-CN": "面向所有人"},
    "kiosk": {"en": "Kiosk", "zh-CN": "自助终端"},
    "screen": {"en": "Screen", "zh-CN": "屏幕"},
}


def say(key: str, language: Language, **values: str) -> str:
    """The text with its values filled in."""
    return TEXTS[key][language].format(**values)
