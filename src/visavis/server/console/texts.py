"""What the console says, in English and 简体中文."""

from typing import Literal

from starlette.requests import HTTPConnection

Language = Literal["en", "zh-CN"]

TEXTS: dict[str, dict[Language, str]] = {
    "title": {"en": "Live board", "zh-CN": "实时看板"},
    "site": {"en": "Site", "zh-CN": "站点"},
    "health.ok": {"en": "All is well", "zh-CN": "运行正常"},
    "health.down": {"en": "The database does not answer", "zh-CN": "数据库没有响应"},
    "filing.near": {
        "en": "{people} people have a face template; from {threshold} on this site has to be registered. "
        "Prepare the filing.",
        "zh-CN": "已有 {people} 人登记面部模板；达到 {threshold} 人须办理备案。请准备备案。",
    },
    "filing.reached": {
        "en": "{people} people have a face template: from {threshold} on this site has to be registered. "
        "File now, or enrol no more faces.",
        "zh-CN": "已有 {people} 人登记面部模板：达到 {threshold} 人须办理备案。请立即备案，或停止登记面部。",
    },
    "contact.missing": {
        "en": "Nobody is named whom members can call: set VISAVIS_CONTACT_ROLE, _PHONE and _EMAIL.",
        "zh-CN": "尚未指定会员联系人：请设置 VISAVIS_CONTACT_ROLE、_PHONE 和 _EMAIL。",
    },
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
    "reason.not_personalised": {"en": "drawn by lot", "zh-CN": "随机抽取"},
    "kiosk": {"en": "Kiosk", "zh-CN": "自助终端"},
    "board": {"en": "Board", "zh-CN": "看板"},
    "recognition": {"en": "Recognition", "zh-CN": "识别管理"},
    "reviews": {"en": "Matches that wait for you", "zh-CN": "等待您确认的匹配"},
    "review.mode.off": {
        "en": "Review is off: whoever reaches the threshold is greeted.",
        "zh-CN": "复核已关闭：达到阈值即问候。",
    },
    "review.mode.standard": {
        "en": "Doubtful matches wait here. Look who stands there: no picture is kept.",
        "zh-CN": "有疑问的匹配在此等待。请看现场是谁：不保存任何图片。",
    },
    "review.mode.strict": {
        "en": "Doubtful matches and each member's first one wait here. Look who stands there: no picture is kept.",
        "zh-CN": "有疑问的匹配和每位会员的首次匹配在此等待。请看现场是谁：不保存任何图片。",
    },
    "review.empty": {"en": "Nothing waits.", "zh-CN": "没有等待的匹配。"},
    "review.near_threshold": {
        "en": "barely matched: {score}, threshold {threshold}",
        "zh-CN": "勉强匹配：{score}，阈值 {threshold}",
    },
    "review.corrected": {
        "en": "this template was wrong before: {score}, threshold {threshold}",
        "zh-CN": "该模板曾认错人：{score}，阈值 {threshold}",
    },
    "review.first_time": {
        "en": "first time by face: {score}, threshold {threshold}",
        "zh-CN": "首次刷脸：{score}，阈值 {threshold}",
    },
    "review.confirm": {"en": "It is them", "zh-CN": "是本人"},
    "review.reject": {"en": "Somebody else", "zh-CN": "不是本人"},
    "monitors": {"en": "Cameras", "zh-CN": "摄像头"},
    "monitors.empty": {"en": "No camera is watched yet.", "zh-CN": "还没有监看任何摄像头。"},
    "monitors.figures": {
        "en": "{fps} frames a second, lag {lag} s, {dropped} skipped",
        "zh-CN": "每秒 {fps} 帧，延迟 {lag} 秒，跳过 {dropped} 帧",
    },
    "monitors.lost": {"en": "no picture ({why}); trying again", "zh-CN": "没有画面（{why}），正在重试"},
    "trouble.unreachable": {"en": "cannot be reached", "zh-CN": "无法连接"},
    "trouble.refused": {"en": "nothing listens there", "zh-CN": "对方没有监听"},
    "trouble.locked": {"en": "user or password is wrong", "zh-CN": "用户名或密码错误"},
    "trouble.not_found": {"en": "nothing at this address", "zh-CN": "地址下没有内容"},
    "trouble.stalled": {"en": "connected, but silent", "zh-CN": "已连接但没有数据"},
    "trouble.not_a_video": {"en": "not a video", "zh-CN": "不是视频"},
    "trouble.too_large": {"en": "pictures are too large", "zh-CN": "画面过大"},
    "trouble.lost": {"en": "connection lost", "zh-CN": "连接中断"},
    "trouble.ended": {"en": "the film has ended", "zh-CN": "影片已结束"},
    "monitors.is_off": {"en": "switched off", "zh-CN": "已关闭"},
    "monitors.elsewhere": {"en": "another process watches it", "zh-CN": "由其他进程监看"},
    "monitors.trouble": {"en": "cannot start: {code}", "zh-CN": "无法启动：{code}"},
    "monitors.on": {"en": "Switch on", "zh-CN": "开启"},
    "monitors.off": {"en": "Switch off", "zh-CN": "关闭"},
    "monitors.remove": {"en": "Remove", "zh-CN": "移除"},
    "monitors.preview": {"en": "Preview", "zh-CN": "预览"},
    "monitors.add": {"en": "Watch another camera", "zh-CN": "添加摄像头"},
    "monitors.name": {"en": "Name", "zh-CN": "名称"},
    "monitors.address": {"en": "Address; kept sealed, never shown again", "zh-CN": "地址；加密保存，不再显示"},
    "monitors.watch": {"en": "Watch", "zh-CN": "开始监看"},
    "model": {"en": "Model and gallery", "zh-CN": "模型与底库"},
    "model.pack": {"en": "Face pack", "zh-CN": "人脸模型包"},
    "model.id": {"en": "Templates are pinned to", "zh-CN": "模板绑定的模型"},
    "model.licences": {"en": "Licences", "zh-CN": "许可证"},
    "model.members": {"en": "Members", "zh-CN": "会员"},
    "model.by_face": {"en": "known by face", "zh-CN": "可刷脸"},
    "model.templates": {"en": "Templates", "zh-CN": "模板"},
    "model.others": {"en": "Of another model: enrol again", "zh-CN": "来自其他模型，需重新登记"},
    "threshold": {"en": "How sure it is", "zh-CN": "可靠程度"},
    "sure.fpir": {"en": "A stranger is taken for some member (asked)", "zh-CN": "陌生人被误认为某位会员（设定）"},
    "sure.fmr": {"en": "in one comparison", "zh-CN": "单次比对"},
    "sure.score": {"en": "Least score, one shot and one template", "zh-CN": "最低分数（单张对单模板）"},
    "sure.pairs": {"en": "Pairs behind it", "zh-CN": "依据的比对数"},
    "sure.evidence": {"en": "Evidence", "zh-CN": "依据"},
    "privacy": {"en": "Privacy", "zh-CN": "隐私"},
    "desk": {"en": "A member asks", "zh-CN": "会员的请求"},
    "desk.note": {
        "en": "By card, PIN or pseudonym. That you looked, and what for, is written down; the member can read it.",
        "zh-CN": "通过卡片、PIN 码或化名查找。您的查看及用途会被记录，会员可以看到。",
    },
    "desk.officer": {
        "en": "Answering is for the privacy officer: sign in as one, or use “visavis members” at the machine.",
        "zh-CN": "此操作由隐私专员处理：请以该身份登录，或在本机使用“visavis members”命令。",
    },
    "desk.code": {"en": "Card, PIN or pseudonym", "zh-CN": "卡片、PIN 码或化名"},
    "desk.find": {"en": "Find", "zh-CN": "查找"},
    "desk.since": {"en": "member since {date}", "zh-CN": "{date} 入会"},
    "desk.face": {"en": "by face too", "zh-CN": "可刷脸"},
    "desk.noface": {"en": "card and PIN only", "zh-CN": "仅卡片与 PIN 码"},
    "desk.html": {"en": "Export for reading", "zh-CN": "导出（供阅读）"},
    "desk.json": {"en": "Export as JSON", "zh-CN": "导出 JSON"},
    "desk.withdraw": {"en": "Take back", "zh-CN": "撤回"},
    "desk.forget": {"en": "Forget", "zh-CN": "遗忘"},
    "desk.sure": {"en": "Forget this member for ever?", "zh-CN": "永久遗忘这位会员？"},
    "desk.sure.note": {
        "en": "The key to their data is destroyed at once. Nobody can bring them back, from a backup either.",
        "zh-CN": "其数据的密钥将立即销毁，任何人都无法恢复，备份也不行。",
    },
    "desk.keep": {"en": "Keep", "zh-CN": "保留"},
    "desk.erase": {"en": "Forget for ever", "zh-CN": "永久遗忘"},
    "desk.forgotten": {"en": "Forgotten. The receipt for the member:", "zh-CN": "已遗忘。交给会员的凭证："},
    "consent.live": {"en": "holds until {date}", "zh-CN": "有效期至 {date}"},
    "consent.not_begun": {"en": "begins in a moment, until {date}", "zh-CN": "即将生效，至 {date}"},
    "consent.outdated": {"en": "the text is new (until {date})", "zh-CN": "文本已更新（至 {date}）"},
    "consent.expired": {"en": "ran out on {date}", "zh-CN": "已于 {date} 到期"},
    "consent.withdrawn": {"en": "taken back (was until {date})", "zh-CN": "已撤回（原至 {date}）"},
    "requests": {"en": "Done lately for members", "zh-CN": "最近为会员办理"},
    "requests.empty": {"en": "Nothing yet.", "zh-CN": "暂无记录。"},
    "request.exported": {"en": "exported", "zh-CN": "导出数据"},
    "request.withdrawn": {"en": "consent taken back", "zh-CN": "撤回同意"},
    "request.forgotten": {"en": "forgotten", "zh-CN": "已遗忘"},
    "request.corrected": {"en": "corrected", "zh-CN": "更正"},
    "request.allowed": {"en": "consent given again", "zh-CN": "再次同意"},
    "places.show": {"en": "Show all {count}", "zh-CN": "显示全部 {count} 处"},
    "places": {"en": "Where data can rest", "zh-CN": "数据可能存放的位置"},
    "problem.member-unknown": {"en": "No member has this code or pseudonym.", "zh-CN": "没有会员使用此代码或化名。"},
    "problem.camera-refused": {
        "en": "This camera cannot be added: check name and address.",
        "zh-CN": "无法添加此摄像头：请检查名称和地址。",
    },
    "problem.review-unknown": {"en": "This was answered already, or has expired.", "zh-CN": "已处理或已过期。"},
    "problem.other": {"en": "That did not work. Nothing was changed.", "zh-CN": "操作未成功，没有任何更改。"},
    "devices": {"en": "Devices", "zh-CN": "设备"},
    "devices.pair": {"en": "Pair a screen", "zh-CN": "配对屏幕"},
    "devices.required": {
        "en": "Kiosks and screens here show nothing before they are paired.",
        "zh-CN": "本站的自助机与屏幕须先配对，否则不显示任何内容。",
    },
    "devices.off": {
        "en": "Nothing has to be paired: the site listens on this machine alone, and nobody has an account.",
        "zh-CN": "目前无需配对：站点仅在本机监听，且没有员工账户。",
    },
    "devices.make": {"en": "Make a code", "zh-CN": "生成配对码"},
    "devices.code": {
        "en": "Type this on the page of {placement}. It works once, until {time}.",
        "zh-CN": "请在“{placement}”的页面上输入。{time} 之前有效，只能使用一次。",
    },
    "devices.empty": {"en": "No device is paired yet.", "zh-CN": "尚未配对任何设备。"},
    "devices.paired": {"en": "paired {at}, last seen {seen}", "zh-CN": "配对于 {at}，最近出现 {seen}"},
    "devices.revoked": {"en": "revoked {at}", "zh-CN": "撤销于 {at}"},
    "devices.revoke": {"en": "Revoke", "zh-CN": "撤销"},
    "problem.device-unknown": {"en": "This device was revoked already.", "zh-CN": "此设备已被撤销。"},
    "account": {"en": "Account", "zh-CN": "账户"},
    "screen": {"en": "Screen", "zh-CN": "屏幕"},
    "faces.switched_off": {
        "en": "Faces are switched off here; card and PIN serve.",
        "zh-CN": "本站已关闭人脸功能；卡片和 PIN 码照常可用。",
    },
    "faces.jurisdiction": {
        "en": "The law of this place allows no faces; card and PIN serve.",
        "zh-CN": "当地法律不允许使用人脸；卡片和 PIN 码照常可用。",
    },
    "faces.no_assessment": {
        "en": "Faces are off until the impact assessment is signed: visavis assess sign. Card and PIN serve.",
        "zh-CN": "签署影响评估之前不使用人脸：visavis assess sign。卡片和 PIN 码照常可用。",
    },
    "faces.stale_assessment": {
        "en": "Faces are off: this site has changed since its impact assessment was signed. Look at it again and sign.",
        "zh-CN": "人脸功能已停用：签署影响评估之后本站有变更。请重新评估并签署。",
    },
}


def say(key: str, language: Language, **values: str) -> str:
    """The text with its values filled in."""
    return TEXTS[key][language].format(**values)


def language_of(connection: HTTPConnection, lang: str | None) -> Language:
    """As chosen; otherwise the browser's."""
    chosen = lang or ("zh-CN" if connection.headers.get("accept-language", "").startswith("zh") else "en")
    return "zh-CN" if chosen.startswith("zh") else "en"
