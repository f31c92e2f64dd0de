"""Reports for people who run a site."""

ZH: dict[str, str] = {
    "What happened: funnel, who comes back, groups, uplift, days that stand out, what to improve.": "分析报告：漏斗、回访、分群、增益、异常日与可改进之处。",
    "Write here; .html, .pdf or .csv says as what.": "写入此处；后缀 .html、.pdf 或 .csv 决定格式。",
    "Of page and paper.": "网页与文档的语言。",
    "yours": "您的语言",
    "How far back to look in the database.": "在数据库中回看多少天。",
    "Instead of the database: table with member, time, kind.": "不读数据库，改读含 member、time、kind 列的表格。",
    "Instead of the database: table with time, item, reward.": "不读数据库，改读含 time、item、reward 列的表格。",
    "What a column of the tables is called, such as member=user_id.": "表格中某列的实际名称，例如 member=user_id。",
    "Of times that are numbers.": "数字时间的单位。",
    "Of times that name no zone, such as Europe/Berlin.": "未注明时区的时间所用时区，例如 Europe/Berlin。",
    "Seed of the groups of members.": "会员分群的随机种子。",
    "reading the log": "读取记录",
    "computing the report": "计算报告",
    "writing the report": "写出报告",
}
