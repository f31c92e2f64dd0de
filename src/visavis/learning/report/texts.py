"""Every word of a report, in English and 简体中文."""

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    # ------ the page
    "title": {"en": "Report", "zh-CN": "分析报告"},
    "period": {"en": "{since} to {until} (UTC)", "zh-CN": "{since} 至 {until}（UTC）"},
    "no_period": {"en": "Until {until} (UTC); nothing happened yet", "zh-CN": "截至 {until}（UTC）；尚无记录"},
    "members": {"en": "members with events", "zh-CN": "有事件的会员"},
    "events": {"en": "events", "zh-CN": "事件"},
    "decisions": {"en": "decisions", "zh-CN": "决策"},
    "privacy": {
        "en": "Nobody can be picked out: no name, no pseudonym, and no figure over fewer than {least} members. Events of members who do "
        "not let models learn from them are in no figure about members ({silent}).",
        "zh-CN": "无法从中辨认任何人：没有姓名、没有假名，也没有少于 {least} 位会员的数字。未允许模型学习的会员（{silent}），其事件不计入任何会员数字。",
    },
    "nobody_silent": {"en": "there are none", "zh-CN": "无"},
    "few_silent": {"en": "fewer than {least} members", "zh-CN": "少于 {least} 位"},
    "some_silent": {"en": "{count} members", "zh-CN": "{count} 位"},
    "hidden": {
        "en": "Not shown, since fewer than {least} members are behind each: {count}.",
        "zh-CN": "因每组少于 {least} 位会员而未显示的组数：{count}。",
    },
    "table": {"en": "The figures as a table", "zh-CN": "以表格查看数字"},
    # ------ sections
    "advice": {"en": "What to improve", "zh-CN": "可改进之处"},
    "funnel": {"en": "From decision to conversion", "zh-CN": "从决策到转化"},
    "uplift": {"en": "What choosing is worth", "zh-CN": "个性化选择的价值"},
    "cohorts": {"en": "Who comes back", "zh-CN": "会员回访"},
    "segments": {"en": "Groups of members", "zh-CN": "会员分群"},
    "days": {"en": "Day by day", "zh-CN": "逐日情况"},
    "drift": {"en": "What has changed", "zh-CN": "有何变化"},
    # ------ funnel
    "step": {"en": "step", "zh-CN": "步骤"},
    "count": {"en": "number", "zh-CN": "数量"},
    "of_before": {"en": "of the step before", "zh-CN": "占上一步比例"},
    "interval": {"en": "95 % interval", "zh-CN": "95% 区间"},
    "decided": {"en": "decided", "zh-CN": "已决策"},
    "delivered": {"en": "delivered", "zh-CN": "已送达"},
    "on_glass": {"en": "on the glass", "zh-CN": "已上屏"},
    "reacted": {"en": "reaction", "zh-CN": "有反应"},
    "converted": {"en": "conversion", "zh-CN": "转化"},
    "funnel_note": {
        "en": "A reaction is worth something; a conversion is the reaction that is worth most.",
        "zh-CN": "反应是有价值的回应；转化是价值最高的反应。",
    },
    "no_decisions": {"en": "No decisions are known.", "zh-CN": "没有决策记录。"},
    "placement": {"en": "place", "zh-CN": "展示位"},
    "item": {"en": "offer", "zh-CN": "内容"},
    "shown": {"en": "on the glass", "zh-CN": "上屏次数"},
    "reaction_rate": {"en": "with a reaction", "zh-CN": "反应率"},
    "mean_reward": {"en": "mean reward", "zh-CN": "平均奖励"},
    # ------ uplift
    "what": {"en": "what", "zh-CN": "内容项"},
    "chosen": {"en": "chosen by the policy", "zh-CN": "由策略选择"},
    "by_lot": {"en": "drawn by lot (held out)", "zh-CN": "随机抽取（对照组）"},
    "difference": {"en": "difference", "zh-CN": "差异"},
    "from_log": {"en": "policy less an even choice, from propensities", "zh-CN": "策略减去均匀选择（按倾向分数估计）"},
    "no_holdout_note": {
        "en": "There is no holdout: no decision about a member was drawn by lot, so nothing proves what choosing adds. The line below "
        "estimates it from the probabilities that the policy logged.",
        "zh-CN": "没有对照组：没有任何关于会员的决策是随机抽取的，因此无法证明个性化的增益。下面一行由策略记录的概率估计。",
    },
    "no_holdout_no_log": {
        "en": "There is no holdout: no decision about a member was drawn by lot, and no probabilities were logged. What choosing adds "
        "cannot be said.",
        "zh-CN": "没有对照组：没有任何关于会员的决策是随机抽取的，也没有记录概率。无法说明个性化的增益。",
    },
    "few_effective": {
        "en": "The estimate rests on {count} effective decisions: too few to trust its interval.",
        "zh-CN": "该估计仅基于 {count} 个有效决策：区间不可靠。",
    },
    "uplift_note": {
        "en": "Mean reward of decisions about members that were on the glass. Decisions of one member count as one draw.",
        "zh-CN": "对会员的已上屏决策的平均奖励。同一会员的决策视为一次抽样。",
    },
    "too_few": {"en": "too few", "zh-CN": "太少"},
    # ------ cohorts
    "week": {"en": "week of", "zh-CN": "周（起始日）"},
    "month": {"en": "month of", "zh-CN": "月（起始日）"},
    "new_members": {"en": "members", "zh-CN": "会员"},
    "after_weeks": {"en": "weeks after the first event", "zh-CN": "首次事件后的周数"},
    "after_months": {"en": "months after the first event", "zh-CN": "首次事件后的月数"},
    "all_cohorts": {"en": "all", "zh-CN": "全部"},
    "cohorts_note": {
        "en": "Share of the members whose first event lies in a period who have an event in each period after it.",
        "zh-CN": "按首次事件所在时段分组的会员中，在其后各时段有事件的比例。",
    },
    "no_cohorts": {"en": "There are not enough members yet.", "zh-CN": "会员数量还不够。"},
    # ------ segments
    "group": {"en": "group", "zh-CN": "群体"},
    "share": {"en": "share", "zh-CN": "占比"},
    "description": {"en": "in words", "zh-CN": "描述"},
    "segments_clear": {
        "en": "{count} groups, clearly apart (silhouette {silhouette:.2f}).",
        "zh-CN": "{count} 个群体，区分清晰（轮廓系数 {silhouette:.2f}）。",
    },
    "segments_unclear": {
        "en": "{count} groups that run into each other (silhouette {silhouette:.2f}): read them as tendencies.",
        "zh-CN": "{count} 个相互重叠的群体（轮廓系数 {silhouette:.2f}）：只能看作倾向。",
    },
    "segments_few": {
        "en": "Groups are looked for from {fewest} members on.",
        "zh-CN": "会员达到 {fewest} 位后才进行分群。",
    },
    "segments_alike": {"en": "All members behave alike.", "zh-CN": "所有会员的行为相似。"},
    "in_between": {"en": "in between: like the average member", "zh-CN": "居中：与平均会员相近"},
    # ------ days and drift
    "day": {"en": "day", "zh-CN": "日期"},
    "usual": {"en": "usual", "zh-CN": "通常"},
    "robust_z": {"en": "robust z", "zh-CN": "稳健 z 值"},
    "no_anomalies": {"en": "No day stands out from days like it.", "zh-CN": "没有异常的日子。"},
    "days_few": {
        "en": "Days are compared once there are two weeks of them.",
        "zh-CN": "累计满两周后才比较各天。",
    },
    "feature": {"en": "feature", "zh-CN": "特征"},
    "psi": {"en": "PSI", "zh-CN": "PSI"},
    "by_chance": {"en": "by chance", "zh-CN": "偶然水平"},
    "before": {"en": "earlier half", "zh-CN": "前半段"},
    "after": {"en": "later half", "zh-CN": "后半段"},
    "drift_note": {
        "en": "Earlier and later half of the time, by the population stability index: below 0.1 alike, from 0.25 on very different. For "
        "amounts the quartiles are given, and p of the Kolmogorov-Smirnov test, which treats events as independent.",
        "zh-CN": "按群体稳定性指数比较前后两段：低于 0.1 为相近，0.25 以上为差异很大。数值类特征给出四分位数以及将事件视为独立的 "
        "Kolmogorov-Smirnov 检验 p 值。",
    },
    "no_drift": {"en": "There is too little to compare.", "zh-CN": "数据太少，无法比较。"},
    "kind": {"en": "what happened", "zh-CN": "事件类型"},
    "hour": {"en": "hour (UTC)", "zh-CN": "小时（UTC）"},
    "weekday": {"en": "weekday", "zh-CN": "星期"},
    "category": {"en": "category", "zh-CN": "类别"},
    "value": {"en": "value", "zh-CN": "数值"},
    "dwell_s": {"en": "dwell (s)", "zh-CN": "停留（秒）"},
    "gap_h": {"en": "hours since the event before", "zh-CN": "距上次事件的小时数"},
    "weekdays": {"en": "Mon Tue Wed Thu Fri Sat Sun", "zh-CN": "周一 周二 周三 周四 周五 周六 周日"},
}

TRAITS: Mapping[tuple[str, bool], Mapping[str, str]] = {
    ("recency_d", True): {"en": "last seen {mean:.0f} days ago", "zh-CN": "最近一次在 {mean:.0f} 天前"},
    ("recency_d", False): {"en": "seen lately ({mean:.0f} days ago)", "zh-CN": "最近刚来过（{mean:.0f} 天前）"},
    ("per_30d", True): {
        "en": "often here ({mean:.1f} events in 30 days)",
        "zh-CN": "经常来（30 天 {mean:.1f} 次事件）",
    },
    ("per_30d", False): {
        "en": "seldom here ({mean:.1f} events in 30 days)",
        "zh-CN": "很少来（30 天 {mean:.1f} 次事件）",
    },
    ("value", True): {"en": "high amounts ({mean:.3g} an event)", "zh-CN": "数值较高（每次 {mean:.3g}）"},
    ("value", False): {"en": "low amounts ({mean:.3g} an event)", "zh-CN": "数值较低（每次 {mean:.3g}）"},
    ("dwell_s", True): {"en": "stays long ({mean:.0f} s)", "zh-CN": "停留较久（{mean:.0f} 秒）"},
    ("dwell_s", False): {"en": "stays briefly ({mean:.0f} s)", "zh-CN": "停留较短（{mean:.0f} 秒）"},
    ("variety", True): {"en": "tries many different things", "zh-CN": "尝试多种内容"},
    ("variety", False): {"en": "keeps to the same things", "zh-CN": "偏好固定内容"},
    ("kind", True): {"en": "“{name}” more often ({mean:.0%})", "zh-CN": "“{name}”较多（{mean:.0%}）"},
    ("kind", False): {"en": "“{name}” less often ({mean:.0%})", "zh-CN": "“{name}”较少（{mean:.0%}）"},
    ("category", True): {"en": "likes {name} ({mean:.0%} of events)", "zh-CN": "喜欢{name}（占 {mean:.0%}）"},
    ("category", False): {"en": "little {name} ({mean:.0%} of events)", "zh-CN": "较少{name}（占 {mean:.0%}）"},
}

ADVICE: Mapping[str, Mapping[str, str]] = {
    "nothing_stands_out": {
        "en": "Nothing stands out. Either all is well, or there is too little to tell.",
        "zh-CN": "没有突出的问题：要么一切正常，要么数据还不足以判断。",
    },
    "not_delivered": {
        "en": "{share:.0%} of the decisions never reached a screen. Look at the players' connections (`visavis doctor`).",
        "zh-CN": "{share:.0%} 的决策没有送达屏幕。请检查播放器的连接（`visavis doctor`）。",
    },
    "not_on_glass": {
        "en": "{share:.0%} of what was delivered was never on the glass: people had gone. Let screens show it sooner, or place them where "
        "people stop.",
        "zh-CN": "送达的内容中有 {share:.0%} 没有上屏：人已离开。请让屏幕更快显示，或把屏幕放在人们会停留的地方。",
    },
    "reactions_end_early": {
        "en": "Only {share:.0%} of the reactions end in a conversion. Make the last step shorter: what happens between the tap and the till?",
        "zh-CN": "只有 {share:.0%} 的反应最终转化。请缩短最后一步：点击之后到收银台之间发生了什么？",
    },
    "no_holdout": {
        "en": "Draw a small share of the decisions about members by lot. Without it nobody can prove what choosing adds.",
        "zh-CN": "请让一小部分会员决策随机抽取。否则无法证明个性化的增益。",
    },
    "worse_than_even": {
        "en": "By the log, an even choice among the same offers would earn more ({low:+.3f} to {high:+.3f}). Check the policy's settings.",
        "zh-CN": "按记录估计，在相同内容中均匀选择的收益更高（{low:+.3f} 至 {high:+.3f}）。请检查策略设置。",
    },
    "policy_loses": {
        "en": "The policy earns less than chance: {value:+.3f} a decision ({low:+.3f} to {high:+.3f}). Go back to the version before.",
        "zh-CN": "策略收益低于随机：每次决策 {value:+.3f}（{low:+.3f} 至 {high:+.3f}）。请退回上一版本。",
    },
    "uplift_unproven": {
        "en": "What the policy adds is not proven yet ({low:+.3f} to {high:+.3f} a decision). Wait, or hold out more.",
        "zh-CN": "策略的增益尚未得到证明（每次决策 {low:+.3f} 至 {high:+.3f}）。请等待，或扩大对照组。",
    },
    "policy_wins": {
        "en": "The policy adds {value:+.3f} a decision ({low:+.3f} to {high:+.3f}) over chance. Keep it, and keep the holdout.",
        "zh-CN": "策略比随机每次决策多 {value:+.3f}（{low:+.3f} 至 {high:+.3f}）。请保留策略和对照组。",
    },
    "unequal_items": {
        "en": "“{best_item}” gets a reaction {best:.0%} of the time, “{worst_item}” {worst:.0%}. Rewrite or retire the latter.",
        "zh-CN": "“{best_item}”的反应率为 {best:.0%}，“{worst_item}”为 {worst:.0%}。请改写或下架后者。",
    },
    "unequal_placements": {
        "en": "At “{best_placement}” {best:.0%} react, at “{worst_placement}” {worst:.0%}. Look at what people do where the latter stands.",
        "zh-CN": "“{best_placement}”的反应率为 {best:.0%}，“{worst_placement}”为 {worst:.0%}。请查看后者所在位置的情况。",
    },
    "few_return_weekly": {
        "en": "{share:.0%} of new members have an event in the week after their first. Give them a reason to come back.",
        "zh-CN": "新会员中有 {share:.0%} 在首次事件后的一周内再次出现。请给他们回来的理由。",
    },
    "few_return_monthly": {
        "en": "{share:.0%} of new members have an event in the month after their first. Give them a reason to come back.",
        "zh-CN": "新会员中有 {share:.0%} 在首次事件后的一个月内再次出现。请给他们回来的理由。",
    },
    "fewer_return_than_before": {
        "en": "Of earlier newcomers {before:.0%} came back in the next period, of later ones {after:.0%}. What has changed for them?",
        "zh-CN": "较早的新会员在下一时段的回访率为 {before:.0%}，较晚的为 {after:.0%}。对他们来说有什么变化？",
    },
    "win_back": {
        "en": "Group {segment:.0f} ({share:.0%} of members) was last seen {days:.0f} days ago. Win them back while they are still members.",
        "zh-CN": "第 {segment:.0f} 群（占会员 {share:.0%}）平均 {days:.0f} 天未出现。请趁其仍是会员时挽回。",
    },
    "days_missing": {
        "en": "On {day} “{any_kind}” was counted {count:.0f} times, where {usual:.0f} are usual. Closed, or was something broken?",
        "zh-CN": "{day} 的“{any_kind}”只有 {count:.0f} 次，通常为 {usual:.0f} 次。是休息日，还是出了故障？",
    },
    "train_again": {
        "en": "“{feature}” has changed (PSI {psi:.2f}). Train the models again, and look at them before they go live.",
        "zh-CN": "“{feature}”发生了变化（PSI {psi:.2f}）。请重新训练模型，并在上线前检查。",
    },
}


def text(key: str, locale: str, **values: object) -> str:
    """A text with its values filled in."""
    return TEXTS[key][locale].format(**values)
