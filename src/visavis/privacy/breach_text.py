"""A breach report as a document, in both languages of the program."""

from collections.abc import Sequence
from datetime import datetime

from visavis.privacy.assessment.blocks import Document, Heading, Paragraph, Table
from visavis.privacy.breach import Breach, Deadline
from visavis.types import Localised

MOST_TOKENS = 1000  # that a person reads; the JSON has all

TEXTS: dict[str, Localised] = {
    "title": {"en": "Breach report of {site}", "zh-CN": "{site} 数据泄露报告"},
    "made": {
        "en": "Made {made_at} in {seconds} s from tables and audit log. Facts for whoever decides, no legal advice.",
        "zh-CN": "生成于 {made_at}，用时 {seconds} 秒，依据数据表与审计日志。供决策者参考，不构成法律意见。",
    },
    "asked": {"en": "What was asked", "zh-CN": "查询范围"},
    "scope": {"en": "What somebody may have had", "zh-CN": "可能被获取的内容"},
    "scope.edge": {"en": "the database of the edge", "zh-CN": "边缘端数据库"},
    "scope.hub": {"en": "the database of the hub", "zh-CN": "中心端数据库"},
    "scope.keys": {"en": "the key files", "zh-CN": "密钥文件"},
    "scope.backup": {"en": "a backup of the database", "zh-CN": "数据库备份"},
    "time": {"en": "From {since} to {until}", "zh-CN": "从 {since} 到 {until}"},
    "logs": {"en": "Audit log", "zh-CN": "审计日志"},
    "log.whole": {"en": "{half}: {entries} entries, whole", "zh-CN": "{half}：{entries} 条，完整"},
    "log.broken": {
        "en": "{half}: NOT as it was written; what is said below of staff and of who was forgotten may be wrong",
        "zh-CN": "{half}：与写入时不同；下文关于员工查看与已遗忘会员的内容可能不准确",
    },
    "whom": {"en": "Whom it concerns", "zh-CN": "涉及的人"},
    "members": {"en": "members", "zh-CN": "会员"},
    "by_face": {"en": "of them with face templates", "zh-CN": "其中有人脸模板"},
    "held": {"en": "of them sealed under their own card as well", "zh-CN": "其中同时以本人卡片加密"},
    "gone": {"en": "forgotten since; their keys are destroyed", "zh-CN": "此后已被遗忘，其密钥已销毁"},
    "allowed": {"en": "allowed {purpose} at some moment of that time", "zh-CN": "在此期间曾允许 {purpose}"},
    "data": {"en": "Which data", "zh-CN": "涉及的数据"},
    "what": {"en": "data", "zh-CN": "数据"},
    "rows": {"en": "rows now", "zh-CN": "当前行数"},
    "level": {"en": "protected by", "zh-CN": "保护情况"},
    "level.sealed": {"en": "encryption; no key was with it: unreadable", "zh-CN": "已加密，密钥未一同泄露：无法读取"},
    "level.opened": {
        "en": "nothing: the keys were with it. Who holds a card of their own, and who was forgotten, stay sealed",
        "zh-CN": "无：密钥一同泄露。持有本人卡片的会员和已被遗忘的会员仍受保护",
    },
    "level.readable": {
        "en": "a pseudonym: readable, and names nobody without the key files",
        "zh-CN": "化名：可读取，没有密钥文件则不指明任何人",
    },
    "nothing": {
        "en": "No data: keys alone open nothing until a database joins them.",
        "zh-CN": "无数据：仅有密钥而没有数据库时，什么也打不开。",
    },
    "staff": {"en": "Who of the staff looked at members", "zh-CN": "查看过会员的员工"},
    "staff.nobody": {"en": "Nobody.", "zh-CN": "没有。"},
    "actor": {"en": "who", "zh-CN": "谁"},
    "purpose": {"en": "what for", "zh-CN": "目的"},
    "looks": {"en": "looks", "zh-CN": "次数"},
    "subjects": {"en": "members", "zh-CN": "会员数"},
    "deadlines": {"en": "By when an authority has to be told", "zh-CN": "通知主管机关的期限"},
    "law": {"en": "law of", "zh-CN": "法域"},
    "by": {"en": "by", "zh-CN": "期限"},
    "law.here": {"en": "{name} (this site)", "zh-CN": "{name}（本站点）"},
    "due.at_once": {"en": "at once", "zh-CN": "立即"},
    "due.none": {
        "en": "no figure: without delay, where harm is likely",
        "zh-CN": "未规定时限：可能造成损害时应及时通知",
    },
    "due.at": {"en": "{due}, {hours} hours after it became known", "zh-CN": "{due}，知悉后 {hours} 小时"},
    "actions": {"en": "What to do", "zh-CN": "建议措施"},
    "action.keep_evidence": {
        "en": "Copy database, key files, checkpoints.jsonl and logs as they are, before anything else.",
        "zh-CN": "首先原样复制数据库、密钥文件、checkpoints.jsonl 和日志。",
    },
    "action.rotate": {
        "en": "Stop the site and run `visavis keys rotate`. Signatures made after the incident prove nothing.",
        "zh-CN": "停止站点并运行 `visavis keys rotate`。事件之后的签名不再可信。",
    },
    "action.rekey": {
        "en": "Run `visavis members rekey`: copied templates are worth nothing against those of then.",
        "zh-CN": "运行 `visavis members rekey`：被复制的模板对更换后的模板不再有用。",
    },
    "action.enrol_anew": {
        "en": "Faces cannot be changed: tell those with templates, and let them decide whether to stay.",
        "zh-CN": "人脸无法更换：告知有模板的会员，由其决定是否继续。",
    },
    "action.new_codes": {
        "en": "Cards and PINs can be guessed with the key: let members join again for new ones.",
        "zh-CN": "有了密钥便可猜出卡片与 PIN 码：请会员重新加入以获得新的。",
    },
    "action.expire_backups": {
        "en": "Destroy that backup and all that are older than your schedule.",
        "zh-CN": "销毁该备份以及超过保留期限的所有备份。",
    },
    "action.tell_authority": {
        "en": "Tell the authority within the time above; say what is known and add the rest later.",
        "zh-CN": "在上述期限内通知主管机关；先说明已知情况，其余稍后补充。",
    },
    "action.tell_members": {
        "en": "Tell members at the kiosk and by the contact of the site, in plain words: what, since when, what to do.",
        "zh-CN": "在自助终端并通过站点联系人用通俗语言告知会员：发生了什么、从何时起、该怎么做。",
    },
    "tokens": {"en": "Pseudonyms of the members", "zh-CN": "会员化名"},
    "tokens.more": {"en": "and {more} more: see the JSON", "zh-CN": "另有 {more} 个：见 JSON"},
}


def document(breach: Breach, locale: str) -> Document:
    """Everything but the pseudonyms beyond the first thousand."""

    def say(key: str, **values: object) -> str:
        return TEXTS[key][locale].format(**values)

    concerned = breach.concerned
    people = [
        (say("members"), concerned.members),
        (say("by_face"), concerned.by_face),
        (say("held"), concerned.held),
        (say("gone"), concerned.gone),
        *((say("allowed", purpose=purpose), count) for purpose, count in concerned.by_purpose.items()),
    ]
    logs = [
        say("log.whole" if log.intact else "log.broken", half=log.half, entries=f"{log.entries:,}")
        for log in breach.logs
    ]
    data = [
        (
            one.what[locale],
            "\n".join(f"{table} {rows:,}" for table, rows in one.rows.items()),
            say(f"level.{one.level}"),
        )
        for one in breach.exposed
    ]
    staff = [(one.actor, one.purpose, f"{one.looks:,}", f"{one.subjects:,}") for one in breach.staff]
    shown = concerned.tokens[:MOST_TOKENS]
    more = len(concerned.tokens) - len(shown)
    title = say("title", site=breach.site)
    return Document(
        locale=locale,
        title=title,
        blocks=[
            Heading(text=title, level=1),
            Paragraph(text=say("made", made_at=_time(breach.made_at), seconds=breach.seconds)),
            Heading(text=say("asked")),
            Paragraph(text=f"{say('scope')}: {', '.join(say(f'scope.{scope}') for scope in breach.scopes)}"),
            Paragraph(text=say("time", since=_time(breach.since), until=_time(breach.until))),
            Heading(text=say("logs")),
            *(Paragraph(text=text) for text in logs),
            Heading(text=say("whom")),
            _table(("", ""), [(text, f"{count:,}") for text, count in people], (0.8, 0.2)),
            Heading(text=say("data")),
            _table((say("what"), say("rows"), say("level")), data, (0.35, 0.25, 0.4))
            if data
            else Paragraph(text=say("nothing")),
            Heading(text=say("staff")),
            _table((say("actor"), say("purpose"), say("looks"), say("subjects")), staff, (0.4, 0.3, 0.15, 0.15))
            if staff
            else Paragraph(text=say("staff.nobody")),
            Heading(text=say("deadlines")),
            _table((say("law"), say("by")), [_deadline(one, breach, locale) for one in breach.deadlines], (0.3, 0.7)),
            Heading(text=say("actions")),
            *(Paragraph(text=say(f"action.{action}")) for action in breach.actions),
            Heading(text=say("tokens")),
            *(Paragraph(text=token) for token in shown),
            *([Paragraph(text=say("tokens.more", more=f"{more:,}"))] if more else []),
        ],
    )


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], widths: tuple[float, ...]) -> Table:
    return Table(columns=columns, rows=tuple(rows), widths=widths)


def _deadline(one: Deadline, breach: Breach, locale: str) -> tuple[str, str]:
    name = one.jurisdiction
    here = TEXTS["law.here"][locale].format(name=name) if name == breach.jurisdiction else name
    if one.due is None:
        return here, TEXTS["due.none"][locale]
    if not one.hours:
        return here, TEXTS["due.at_once"][locale]
    return here, TEXTS["due.at"][locale].format(due=_time(one.due), hours=one.hours)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
