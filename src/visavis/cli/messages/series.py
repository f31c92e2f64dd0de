"""Tables from outside, and their import."""

ZH: dict[str, str] = {
    "What members did elsewhere: import of business data.": "会员在别处的行为：导入业务数据。",
    "Read a table of purchases, visits or the like, and keep what members did who allow it.": "读取购买、到访等数据表，只保留已同意的会员的行为。",
    "CSV with a header, or Parquet.": "带表头的 CSV，或 Parquet。",
    "YAML file that says which column is what.": "说明各列含义的 YAML 文件。",
    "Check and count, keep nothing.": "只检查和计数，不保留任何内容。",
    "Nothing was kept: a dry run": "试运行：未保留任何内容",
    "reading the table": "读取数据表",
    "keeping the events": "保存事件",
    "rows read": "读取的行",
    "events kept": "保留的事件",
    "known from before": "此前已有",
    "twice in the file": "文件中重复",
    "left out by the mapping": "映射中不要的",
    "of nobody": "无主的",
    "of somebody who is no member here": "不是本站会员的",
    "of members without consent to personalise": "会员未同意个性化的",
}
