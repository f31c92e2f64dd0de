"""Register of every place where data can rest: of one site, as it is configured now (R19)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from visavis.types import Localised


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place: what rests there, as what, and how long."""

    id: str
    where: Localised
    address: str  # of this very site, without user and password; for staff
    what: Localised
    form: Localised
    kept: Localised
    tables: tuple[str, ...] = ()  # schema.table
    files: tuple[str, ...] = ()  # below the data folder; a name that ends in / is a folder with all that is in it
    about_members: bool = True


def _say(en: str, zh: str) -> Localised:
    return {"en": en, "zh-CN": zh}


WITH_MEMBER = _say("until the member is forgotten, or by the retention schedule", "直到会员被遗忘，或按保留期限删除")
FOR_EVER = _say("as long as the site exists", "站点存在期间一直保留")
PLAIN = _say("plain, by a pseudonym", "明文，以化名关联")
BEHAVIOUR = ("event", "state", "decision", "impression", "awaiting", "outcome", "cap", "reservation")
DATABASE = _say("database of this site", "本站点的数据库")
DATA_FOLDER = _say("data folder of this site", "本站点的数据文件夹")
NOT_STORED = _say("gone with the process; never on a disk", "随进程结束而消失，绝不写入磁盘")


def places(*, database: str, data_dir: Path, cache_dir: Path) -> tuple[Place, ...]:
    """Every place.

    Args:
        database: Where it is, without user and password.
        data_dir: Folder of keys and lists, and of the embedded database.
        cache_dir: Folder of model packs.
    """
    folder = str(data_dir)
    return (
        *_in_the_edge(f"{database}, schema edge"),
        *_in_the_hub(f"{database}, schema hub"),
        *_in_files(folder),
        *_elsewhere(str(cache_dir)),
    )


def _in_the_edge(where: str) -> tuple[Place, ...]:
    return (
        Place(
            id="templates",
            where=DATABASE,
            address=where,
            what=_say("face templates", "人脸模板"),
            form=_say("AES-256-GCM ciphertext under a key of the member", "以会员专属密钥加密（AES-256-GCM）"),
            kept=_say("until consent is withdrawn or the member is forgotten", "直到撤回同意或会员被遗忘"),
            tables=("edge.template",),
        ),
        Place(
            id="members",
            where=DATABASE,
            address=where,
            what=_say("nickname, language, member key, card and PIN", "昵称、语言、会员密钥、卡片与 PIN 码"),
            form=_say(
                "nickname sealed under the member key, the key wrapped by the site key, card and PIN as keyed digests",
                "昵称以会员密钥加密，会员密钥以站点密钥封装，卡片与 PIN 码为带密钥的摘要",
            ),
            kept=WITH_MEMBER,
            tables=("edge.member",),
        ),
        Place(
            id="visits",
            where=DATABASE,
            address=where,
            what=_say("day of the last visit", "最近一次到访的日期"),
            form=PLAIN,
            kept=WITH_MEMBER,
            tables=("edge.visit",),
        ),
        Place(
            id="corrections",
            where=DATABASE,
            address=where,
            what=_say("“not me”, and matches that staff looked at: scores and times", "“不是我”及人工复核：分数与时间"),
            form=PLAIN,
            kept=_say("with the member; reviews 30 days", "与会员同期；复核记录 30 天"),
            tables=("edge.correction", "edge.review"),
        ),
        Place(
            id="consents-edge",
            where=DATABASE,
            address=where,
            what=_say("consents and withdrawals", "同意与撤回"),
            form=_say("plain, by a random member id; append-only", "明文，以随机会员编号关联；只可追加"),
            kept=_say("as evidence, also after the member was forgotten", "作为凭证，会员被遗忘后仍保留"),
            tables=("edge.ledger",),
        ),
        Place(
            id="audit-edge",
            where=DATABASE,
            address=where,
            what=_say("what was done to whom", "对谁做了什么"),
            form=_say("hash chain, by a pseudonym", "哈希链，以化名关联"),
            kept=FOR_EVER,
            tables=("edge.audit", "edge.checkpoint"),
        ),
        Place(
            id="erasures",
            where=DATABASE,
            address=where,
            what=_say("who must not come back with an older backup", "不得随旧备份恢复的人"),
            form=_say("digest of a pseudonym; it names nobody", "化名的摘要，不指明任何人"),
            kept=FOR_EVER,
            tables=("edge.erasure",),
        ),
        Place(
            id="cameras",
            where=DATABASE,
            address=where,
            what=_say("addresses of cameras", "摄像头地址"),
            form=_say("sealed under the site key", "以站点密钥加密"),
            kept=_say("until the camera is removed", "直到移除摄像头"),
            tables=("edge.monitor",),
            about_members=False,
        ),
        Place(
            id="devices",
            where=DATABASE,
            address=where,
            what=_say("kiosks and screens, and the codes that pair them", "终端与屏幕，以及配对代码"),
            form=_say("public keys in plain, codes as keyed digests", "公钥为明文，代码为带密钥的摘要"),
            kept=_say(
                "as evidence, also after they were revoked; codes some minutes", "作为凭证，撤销后仍保留；代码仅数分钟"
            ),
            tables=("edge.device", "edge.pairing_code"),
            about_members=False,
        ),
        Place(
            id="accuracy",
            where=DATABASE,
            address=where,
            what=_say("how looks at people ended, by month, placement and light", "按月份、展示位和光线统计的识别结果"),
            form=_say("plain numbers", "明文数字"),
            kept=FOR_EVER,
            tables=("edge.accuracy",),
            about_members=False,
        ),
        Place(
            id="retention",
            where=DATABASE,
            address=where,
            what=_say("when each category was deleted last", "各类数据最近一次删除的时间"),
            form=_say("plain numbers", "明文数字"),
            kept=FOR_EVER,
            tables=("edge.retention_run",),
            about_members=False,
        ),
    )


def _in_the_hub(where: str) -> tuple[Place, ...]:
    return (
        Place(
            id="behaviour",
            where=DATABASE,
            address=where,
            what=_say(
                "what members did and what that says, what was chosen for them, why, what was shown, what came of it",
                "会员的行为及由此得出的信息、为其选择的内容及原因、展示与反应",
            ),
            form=PLAIN,
            kept=_say(
                "until personalising is withdrawn or the member is forgotten, or by the retention schedule",
                "直到撤回个性化同意、会员被遗忘，或按保留期限删除",
            ),
            tables=tuple(f"hub.{name}" for name in BEHAVIOUR),
        ),
        Place(
            id="consents-hub",
            where=DATABASE,
            address=where,
            what=_say("consents and withdrawals, without what concerns faces", "同意与撤回（不含人脸）"),
            form=PLAIN,
            kept=WITH_MEMBER,
            tables=("hub.ledger",),
        ),
        Place(
            id="audit-hub",
            where=DATABASE,
            address=where,
            what=_say("what was done to whom at the hub", "中心端对谁做了什么"),
            form=_say("hash chain, by a pseudonym", "哈希链，以化名关联"),
            kept=FOR_EVER,
            tables=("hub.audit", "hub.checkpoint"),
        ),
        Place(
            id="staff",
            where=DATABASE,
            address=where,
            what=_say(
                "accounts and sessions of staff, API keys, tries to sign in", "员工账号与会话、API 密钥、登录尝试"
            ),
            form=_say(
                "login in plain; password as argon2id, keys and sessions as digests, second factor under the site key",
                "登录名为明文；密码为 argon2id，密钥与会话为摘要，第二因素以站点密钥加密",
            ),
            kept=_say("until an administrator removes it, or it runs out", "直到管理员移除或到期"),
            tables=("hub.staff", "hub.staff_session", "hub.sign_in_attempt", "hub.api_key"),
            about_members=False,
        ),
        Place(
            id="learned",
            where=DATABASE,
            address=where,
            what=_say("what was learned about offers, and how often each was shown", "关于优惠学到的内容及展示次数"),
            form=_say("averages over many people", "许多人的平均值"),
            kept=_say("until newer versions replace it", "直到被新版本取代"),
            tables=("hub.policy", "hub.budget"),
            about_members=False,
        ),
        Place(
            id="trained-models",
            where=DATABASE,
            address=where,
            what=_say("trained models, and when and why each came to serve", "训练好的模型，以及各自启用的时间与原因"),
            form=_say(
                "AES-256-GCM under a key of that model, which the site key wraps; signed with Ed25519",
                "以该模型的密钥 AES-256-GCM 加密，该密钥由站点密钥封装；并以 Ed25519 签名",
            ),
            kept=FOR_EVER,
            tables=("hub.model", "hub.model_file", "hub.model_change"),
            about_members=False,
        ),
    )


def _in_files(folder: str) -> tuple[Place, ...]:
    return (
        Place(
            id="database-files",
            where=DATA_FOLDER,
            address=f"{folder}/database",
            what=_say("files and write-ahead log of the embedded database", "内置数据库的文件与预写日志"),
            form=_say(
                "as in the tables; deleted rows until vacuum reuses their space, without a key that opens them",
                "与表中相同；已删除的行在空间被重用前可能残留，但没有可打开的密钥",
            ),
            kept=_say("overwritten in use", "使用中被覆盖"),
            files=("database/",),
        ),
        Place(
            id="site-key",
            where=DATA_FOLDER,
            address=f"{folder}/site.key",
            what=_say("the site key, and the ring of those before it", "站点密钥及其历史密钥环"),
            form=_say(
                "readable for its owner alone; or under a passphrase (.age), or wrapped by Vault or KMS",
                "仅所有者可读；或以口令加密（.age），或由 Vault、KMS 封装",
            ),
            kept=FOR_EVER,
            files=("site.key", "site.key.age", "site.key.vault", "site.key.kms", "site.ring"),
            about_members=False,
        ),
        Place(
            id="database-roles",
            where=DATA_FOLDER,
            address=f"{folder}/database, schema visavis",
            what=_say("passwords of the two database roles, version of the tables", "两个数据库角色的密码、表结构版本"),
            form=_say("plain, for the database's owner alone", "明文，仅数据库所有者可读"),
            kept=_say("renewed at each migration", "每次迁移时更新"),
            tables=("visavis.role", "visavis.alembic_version"),
            about_members=False,
        ),
        Place(
            id="key-slots",
            where=DATA_FOLDER,
            address=f"{folder}/site.slots",
            what=_say("one share of each member's key", "每位会员密钥的一个分片"),
            form=_say("random numbers, overwritten when the member goes", "随机数，会员离开时被覆盖"),
            kept=WITH_MEMBER,
            files=("site.slots",),
        ),
        Place(
            id="erasure-list",
            where=DATA_FOLDER,
            address=f"{folder}/erased.jsonl",
            what=_say("who must not come back with an older backup", "不得随旧备份恢复的人"),
            form=_say("digests of pseudonyms; they name nobody", "化名的摘要，不指明任何人"),
            kept=FOR_EVER,
            files=("erased.jsonl",),
        ),
        Place(
            id="checkpoints",
            where=DATA_FOLDER,
            address=f"{folder}/checkpoints.jsonl",
            what=_say("signed states of the audit logs", "审计日志的签名检查点"),
            form=_say("hashes and signatures; they name nobody", "哈希与签名，不指明任何人"),
            kept=FOR_EVER,
            files=("checkpoints.jsonl",),
            about_members=False,
        ),
        Place(
            id="assessment",
            where=DATA_FOLDER,
            address=f"{folder}/assessment.json",
            what=_say("the signed impact assessment", "已签署的影响评估"),
            form=_say("signed document; nothing about members", "签名文档，不含会员信息"),
            kept=FOR_EVER,
            files=("assessment.json",),
            about_members=False,
        ),
    )


def _elsewhere(cache: str) -> tuple[Place, ...]:
    return (
        Place(
            id="memory",
            where=_say("memory of the server", "服务器内存"),
            address="",
            what=_say(
                "frames, faces, templates of members in the gallery, sessions at kiosks",
                "画面、人脸、底库中的会员模板、终端会话",
            ),
            form=_say(
                "plain while it is needed; a stranger's as long as they are in view",
                "使用期间为明文；陌生人仅限其在画面中时",
            ),
            kept=NOT_STORED,
        ),
        Place(
            id="models",
            where=_say("folder of model packs", "模型包文件夹"),
            address=cache,
            what=_say("model packs", "模型包"),
            form=_say("public weights; nothing about members", "公开权重，不含会员信息"),
            kept=_say("can be deleted at any time", "可随时删除"),
            about_members=False,
        ),
        Place(
            id="logs",
            where=_say("log of the server", "服务器日志"),
            address="standard error",
            what=_say("names of happenings, counts, error codes", "事件名称、计数、错误代码"),
            form=_say("no name, token, image or template: cut by type", "不含姓名、令牌、图像或模板：按类型屏蔽"),
            kept=_say("as your log collector is set", "取决于您的日志系统"),
            about_members=False,
        ),
        Place(
            id="screens",
            where=_say("browser of each screen", "各屏幕的浏览器"),
            address="",
            what=_say("reports of plays that the server has not confirmed yet", "服务器尚未确认的播放记录"),
            form=_say("ids of decisions and times; at most 500", "决策编号与时间，最多 500 条"),
            kept=_say("until confirmed", "直到确认"),
        ),
        Place(
            id="kiosks",
            where=_say("browser of each kiosk and of the console", "终端与控制台的浏览器"),
            address="",
            what=_say("nothing about members", "不含会员信息"),
            form=_say(
                "pages, drawings and the device's own key; answers are not stored", "页面、图片与设备密钥，不保存应答"
            ),
            kept=NOT_STORED,
            about_members=False,
        ),
        Place(
            id="with-the-member",
            where=_say("paper and phone of the member", "会员的纸张与手机"),
            address="",
            what=_say("card, PIN, receipts, the export", "卡片、PIN 码、凭证、导出文件"),
            form=_say("as the member keeps them", "由会员自行保管"),
            kept=_say("as long as the member wants", "由会员决定"),
        ),
        Place(
            id="backups",
            where=_say("wherever the database is copied to", "数据库的备份所在之处"),
            address="",
            what=_say("all tables above", "以上所有表"),
            form=_say(
                "nothing sealed opens without the key files; who left is erased again at the restore",
                "没有密钥文件则无法解密；已离开的会员无法恢复，还原时会再次删除",
            ),
            kept=_say("as you set; 30 days are enough", "由您设定，30 天即可"),
        ),
    )


def as_document(place: Place) -> Mapping[str, object]:
    """A place as JSON has it, for staff."""
    return {**for_member(place), "address": place.address, "tables": list(place.tables), "files": list(place.files)}


def for_member(place: Place) -> Mapping[str, object]:
    """A place as a member is told of it: no address of a machine or folder."""
    return {
        "id": place.id,
        "where": dict(place.where),
        "what": dict(place.what),
        "form": dict(place.form),
        "kept": dict(place.kept),
        "about_members": place.about_members,
    }


def as_markdown(found: tuple[Place, ...], locale: str) -> str:
    """A table for documents."""
    heads = {"en": ("what", "where", "as what", "how long"), "zh-CN": ("内容", "位置", "形式", "保留时间")}[locale]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for place in found:
        where = ", ".join(part for part in (place.where[locale], place.address, *place.tables) if part)
        lines.append(f"| {place.what[locale]} | {where} | {place.form[locale]} | {place.kept[locale]} |")
    return "\n".join(lines) + "\n"
