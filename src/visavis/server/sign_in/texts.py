"""What the sign-in pages say, in English and 简体中文."""

from visavis.server.console.texts import Language

TEXTS: dict[str, dict[Language, str]] = {
    "sign_in": {"en": "Sign in", "zh-CN": "登录"},
    "site": {"en": "Site {site}", "zh-CN": "站点 {site}"},
    "login": {"en": "Login", "zh-CN": "登录名"},
    "password": {"en": "Password", "zh-CN": "密码"},
    "no_accounts": {
        "en": "No administrator has an account yet. Make the first one at the machine:",
        "zh-CN": "还没有管理员账户。请在本机建立第一个：",
    },
    "second": {"en": "One more step", "zh-CN": "还差一步"},
    "second.why": {
        "en": "Type the six digits that your authenticator shows now, or one of your recovery codes.",
        "zh-CN": "请输入验证器当前显示的六位数字，或一个恢复码。",
    },
    "code": {"en": "Code", "zh-CN": "验证码"},
    "go_on": {"en": "Go on", "zh-CN": "继续"},
    "begin_again": {"en": "Begin again", "zh-CN": "重新开始"},
    "enrol": {"en": "Set up your second factor", "zh-CN": "设置第二验证因素"},
    "enrol.why": {
        "en": "Scan this with an authenticator on your telephone, then type the six digits that it shows.",
        "zh-CN": "请用手机上的验证器扫描此码，然后输入它显示的六位数字。",
    },
    "enrol.by_hand": {"en": "Cannot scan? Type this key instead:", "zh-CN": "无法扫描？请手动输入此密钥："},
    "recovery": {"en": "Keep these recovery codes", "zh-CN": "请妥善保存这些恢复码"},
    "recovery.why": {
        "en": "Each opens once, for when the telephone is lost. They are shown now and never again.",
        "zh-CN": "每个只能使用一次，供手机丢失时使用。它们仅在此刻显示，之后不再显示。",
    },
    "recovery.kept": {"en": "I have kept them", "zh-CN": "我已保存"},
    "account": {"en": "Your account", "zh-CN": "您的账户"},
    "role": {"en": "Role", "zh-CN": "角色"},
    "role.operator": {"en": "Operator", "zh-CN": "操作员"},
    "role.advertiser": {"en": "Advertiser", "zh-CN": "广告主"},
    "role.privacy_officer": {"en": "Privacy officer", "zh-CN": "隐私官"},
    "role.auditor": {"en": "Auditor", "zh-CN": "审计员"},
    "role.administrator": {"en": "Administrator", "zh-CN": "管理员"},
    "ends": {"en": "Signed in until", "zh-CN": "登录有效至"},
    "factor": {"en": "Second factor", "zh-CN": "第二验证因素"},
    "factor.on": {"en": "set up; {left} recovery codes left", "zh-CN": "已设置；剩余 {left} 个恢复码"},
    "factor.off": {"en": "not set up", "zh-CN": "未设置"},
    "factor.set_up": {"en": "Set up a second factor", "zh-CN": "设置第二验证因素"},
    "back": {"en": "Back", "zh-CN": "返回"},
    "change": {"en": "Change your password", "zh-CN": "修改密码"},
    "change.old": {"en": "Password until now", "zh-CN": "当前密码"},
    "change.new": {"en": "New password, at least 12 characters", "zh-CN": "新密码，至少 12 个字符"},
    "change.do": {"en": "Change it and end my other sessions", "zh-CN": "修改并结束其他登录"},
    "changed": {"en": "Password changed; every other session has ended.", "zh-CN": "密码已修改，其他登录均已结束。"},
    "sign_out": {"en": "Sign out", "zh-CN": "退出登录"},
    "console": {"en": "To the console", "zh-CN": "前往控制台"},
    "signed_out": {"en": "You have signed out.", "zh-CN": "您已退出登录。"},
    "machine": {
        "en": "You sit at the machine and no administrator has an account yet, so you may do everything. Make one:",
        "zh-CN": "您在本机操作，且尚无管理员账户，因此可以执行一切操作。请建立账户：",
    },
    "problem.sign-in-refused": {
        "en": "That is not right. Check what you typed; an administrator can reset it.",
        "zh-CN": "有误。请核对输入；管理员可以重置。",
    },
    "problem.sign-in-locked": {
        "en": "Too many tries. Wait {detail}, or ask an administrator.",
        "zh-CN": "尝试次数过多。请等待 {detail}，或联系管理员。",
    },
    "problem.password-refused": {
        "en": "This password is too easy to guess. Take at least 12 characters; "
        "your login, the site and known words do not count.",
        "zh-CN": "该密码太容易被猜到。请使用至少 12 个字符；登录名、站点名和常见词不计入。",
    },
    "problem.tls-required": {
        "en": "Passwords travel over TLS only. Open this page by https, or at the machine itself.",
        "zh-CN": "密码只能通过 TLS 传输。请用 https 打开此页面，或在本机操作。",
    },
    "problem.sign-in-required": {
        "en": "Your session has ended. Sign in again.",
        "zh-CN": "登录已结束，请重新登录。",
    },
}  # fmt: skip


def say(key: str, language: Language, **values: str) -> str:
    """The text with its values filled in."""
    return TEXTS[key][language].format(**values)
