"""What the command line says, in English and 简体中文. The English text is the key."""

import os
from functools import cache

from visavis.errors import VisavisError

ZH = {
    # ------ help
    "Recognise the member who asked to be recognised, decide what helps here and now, show it, learn from it.": "识别主动要求被识别的会员，判断此时此地什么有帮助，展示出来，并从结果中学习。",
    "First time here? Run `visavis demo` and open the three pages that it names.": "第一次使用？运行 `visavis demo`，打开它列出的三个页面。",
    "Model packs: list, build, verify, licences.": "模型包：列出、构建、校验、许可证。",
    "Scenario packs: list and check.": "场景包：列出与检查。",
    "Folder of database and site key.": "数据库与站点密钥所在的文件夹。",
    "Folder of model packs.": "模型包所在的文件夹。",
    "PostgreSQL to use instead of the embedded one.": "使用此 PostgreSQL，代替内置数据库。",
    "Port to listen on; 0 takes any free one.": "监听端口；0 表示任意空闲端口。",
    "Scenario pack, by name or folder.": "场景包（名称或文件夹）。",
    "Print JSON for programs instead of text for people.": "输出供程序读取的 JSON，而不是供人阅读的文字。",
    "Watch the whole loop close on this machine, with example people.": "在本机用示例人物观看完整闭环。",
    "No browser: play the screens too, then print the funnel.": "不用浏览器：同时模拟屏幕，结束后打印漏斗。",
    "Stop after so many seconds.": "运行这么多秒后停止。",
    "until Ctrl-C": "直到按下 Ctrl-C",
    "A visitor uses the camera of this machine; without one, example people walk by.": "访客使用本机摄像头；没有摄像头时由示例人物走过。",
    "look for one": "自动查找",
    "Keep the demo's data here; without it everything is deleted at the end.": "把演示数据保存在这里；不指定则结束时全部删除。",
    "Seed of the simulated visitors and of the policy's draws.": "模拟访客与策略抽样的随机种子。",
    "Show the log.": "显示日志。",
    "Run edge and hub in one process.": "在一个进程中运行边缘端与中心端。",
    "Address to listen on; loopback only until staff can sign in.": "监听地址；在员工登录功能完成之前仅限本机回环。",
    "Name of this site.": "本站点名称。",
    "How often a stranger may be taken for some member.": "陌生人被误认为某位会员的允许比例。",
    "Bring a database to this version.": "把数据库升级到当前版本。",
    "Look for what is broken or missing, and say what to do.": "检查损坏或缺失之处，并给出处理办法。",
    "Print the version.": "打印版本。",
    "Model packs on this machine.": "本机上的模型包。",
    "Build the default face pack from weights inside installed packages; no network.": "用已安装软件包内的权重构建默认人脸模型包；无需联网。",
    "Check sums, shapes and known answers of every pack.": "校验每个模型包的校验和、形状与已知答案。",
    "Measure which score strangers reach how often, on a folder with one folder a person.": "用一人一个子文件夹的图片测量：陌生人以多大比例达到多高的分数。",
    "One folder a person, pictures in it.": "每人一个文件夹，内含图片。",
    "false match rate": "误匹配率",
    "threshold": "阈值",
    "pairs": "比对数",
    "No face was found in {count} pictures.": "有 {count} 张图片未找到人脸。",
    "comparing people": "比对人物",
    "Installed scenario packs.": "已安装的场景包。",
    "Explain every mistake in a scenario pack with its line.": "指出场景包中的每个错误及其行号。",
    "Name or folder of the pack.": "场景包的名称或文件夹。",
    "Check every installed pack.": "检查所有已安装的场景包。",
    # ------ what commands print
    "The loop": "闭环",
    "frames": "帧",
    "faces": "人脸",
    "recognised": "识别",
    "decisions": "决策",
    "impressions": "展示",
    "outcomes": "结果",
    "reactions": "反应",
    "stranger recognised": "误识陌生人",
    "Mean reward of the last quarter of {visits} visits: policy {policy}, uniform {uniform}, ratio {ratio}": "{visits} 次到访中最后四分之一的平均奖励：策略 {policy}，均匀随机 {uniform}，比值 {ratio}",
    "console": "控制台",
    "kiosk": "自助终端",
    "screen": "屏幕",
    "Ctrl-C stops it.": "按 Ctrl-C 停止。",
    "The database is at version {version}.": "数据库版本为 {version}。",
    "No pack yet: `visavis packs build` makes the default one.": "还没有模型包：`visavis packs build` 会构建默认模型包。",
    "name": "名称",
    "version": "版本",
    "licences": "许可证",
    "folder": "文件夹",
    "title": "标题",
    "items": "条目",
    "python": "Python",
    "packages": "软件包",
    "disk": "磁盘",
    "site key": "站点密钥",
    "face pack": "人脸模型包",
    "scenario": "场景",
    "database": "数据库",
    "port": "端口",
    "browser": "浏览器",
    "extra demo": "可选组件 demo",
    "extra learning": "可选组件 learning",
    "Measure how long each step of the loop takes on this machine.": "测量闭环中每一步在本机上所需的时间。",
    "What to measure.": "要测量的部分。",
    "everything": "全部",
    "step": "步骤",
    "rounds": "次数",
    # ------ steps of long work
    "building the face detector": "构建人脸检测器",
    "building the face embedder": "构建人脸特征模型",
    "waiting for another process": "等待另一进程",
    "measuring faces": "测量人脸部分",
    "measuring decide": "测量决策部分",
    "measuring storage": "测量存储部分",
    "reading weights": "读取权重",
    "building the face pack": "构建人脸模型包",
    "checking the face pack": "校验人脸模型包",
    "starting the database": "启动数据库",
    "loading the gallery": "载入会员底库",
    "enrolling the example member": "登记示例会员",
    "enrolling simulated members": "登记模拟会员",
}

ZH_ERRORS = {
    "visavis-error": "visavis 出错了。运行 `visavis doctor` 查找原因。",
    "input-refused": "无法使用所提交的内容。请改正后重试。",
    "image-refused": "无法读取图片。请提交一张不超过 8 MB、2500 万像素的 JPEG、PNG 或 WebP 图片。",
    "video-refused": "无法读取视频。请检查文件是否完整、编码是否常见。",
    "camera-refused": "无法这样添加摄像头。请写成 名称=地址@展示位，例如 door=rtsp://10.0.0.7/live@entrance。",
    "camera-unknown": "没有这个名称的摄像头。摄像头列表会显示正在运行的摄像头。",
    "camera-unavailable": "摄像头没有画面。请检查电源、网络、地址和密码；visavis 会继续重试。",
    "no-face-found": "没有找到人脸。请在一臂距离处正对摄像头，让光照在脸上。",
    "several-faces-found": "此处只能有一张人脸。请一个人站在摄像头前。",
    "quality-too-low": "人脸太小、太暗、模糊或偏转，无法登记。请靠近并面向光源。",
    "scenario-unknown": "没有这个名称的场景包。`visavis scenarios list` 会列出已安装的场景包。",
    "scenario-invalid": "场景包违反了规则。请改正所指的行，再运行 `visavis scenarios check`。",
    "event-refused": "事件无效。请对照场景的事件列表检查类型、时间和编号。",
    "credential-refused": "未接受该代码。请核对后稍候再试。",
    "model-error": "模型包无法使用。`visavis packs verify` 会说明原因。",
    "manifest-invalid": "模型包清单违反了规则。请改正所指字段，或重新添加该包。",
    "checksum-mismatch": "模型文件与清单不符。请删除该包，重新构建或下载。",
    "model-refused": "该文件不是具有所声明输入输出的 ONNX 模型。请提供 ONNX 文件本身。",
    "weights-unavailable": "缺少默认人脸模型包的权重。请运行 `pip install mtcnn==1.0.0 face_recognition_models==0.3.0`。",
    "gallery-mismatch": "该模板由其他模型生成。请用当前加载的模型包重新登记该会员。",
    "privacy-error": "为了不违背对会员的承诺，未执行任何操作。",
    "consent-missing": "此用途没有有效的同意。请在自助终端征求本人同意；否则什么都不会发生。",
    "notice-outdated": "同意之后告知内容已更改。请展示新的告知并重新征求同意。",
    "key-destroyed": "撤回同意时，该会员的密钥已销毁。数据无法恢复；请重新登记。",
    "seal-broken": "该密钥无法打开存储的密文。密钥文件与数据库属于不同站点。",
    "signature-invalid": "签名与文件不符。文件被改动过，或由其他站点签名。",
    "not-found": "所请求的内容不存在。请核对编号。",
    "member-unknown": "没有识别到会员。卡片或代码同样可用。",
    "placement-unknown": "没有这个名称的展示位。场景包列出了它的展示位。",
    "decision-unknown": "没有这个编号的决策。它可能已随会员一起删除。",
    "nothing-to-show": "此时此地没有可展示的内容。请为该展示位配置一条无上限的公共条目。",
    "storage-error": "数据库拒绝了操作。没有写入一半的内容；请重试。",
    "database-unavailable": "数据库没有响应。请启动它，或检查 --database-url；`visavis doctor` 会说明是哪一种情况。",
    "database-version-mismatch": "数据库由其他版本写入。请运行 `visavis migrate`，或安装更新的 visavis。",
    "storage-full": "磁盘已满。请释放空间后重新启动；已确认的数据是安全的。",
    "setup-error": "当前安装无法做到。`visavis doctor` 会说明缺少什么。",
    "extra-missing": "未安装可选组件。请用 pip 安装所指的组件。",
    "port-in-use": "端口已被其他程序占用。请用 --port 另选，或用 0 任选空闲端口。",
    "setting-invalid": "设置的值无法使用。请改正；`visavis serve --help` 列出了各项设置。",
}


@cache
def chinese() -> bool:
    """Whether the environment asks for Chinese; VISAVIS_LANG wins over the system's language."""
    names = ("VISAVIS_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    language = next((os.environ[name] for name in names if os.environ.get(name)), "en")
    return language.lower().startswith("zh")


def say(text: str) -> str:
    """The text in the language of the environment; English where no translation is known."""
    return ZH.get(text, text) if chinese() else text


def say_error(error: VisavisError) -> str:
    """Message and remedy of an error, with its place."""
    if not chinese() or error.code() not in ZH_ERRORS:
        return str(error)
    return f"{ZH_ERRORS[error.code()]}（{error.detail}）" if error.detail else ZH_ERRORS[error.code()]
