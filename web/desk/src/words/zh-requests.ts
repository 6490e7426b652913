/** 用户扫描标签提交的报修，简体中文。 */

import type { enRequests } from "./en-requests";

export const zhRequests: Record<keyof typeof enRequests, string> = {
  requests: "报修请求",
  "requests.none": "暂无报修。",
  "requests.who": "报修人",
  "requests.wish": "故障现象",
  "requests.machine": "设备",
  "requests.at": "收到时间",
  "requests.photo": "照片",
  "requests.unknown": "没有此序列号的设备。",
  "requests.looking": "正在查找……",
  "requests.served": "最近服务商：{partner}",
  "requests.accept": "生成工单",
  "requests.dismiss": "不受理",
  "requests.serial": "设备序列号",
  "requests.serial.hint": "标签上的设备未登记，请输入实际设备的序列号。",
  "requests.several": "没有此序列号，或有多台设备使用。请在“新建工单”中处理。",
  "requests.erase.hint": "不可恢复：姓名、电话、故障描述和照片都会删除，由此生成的工单中的姓名和电话也会删除。",
  "request.new": "新",
  "request.accepted": "已生成工单",
  "request.dismissed": "不受理",
  "label.right": "标签验证通过",
  "label.revoked": "标签已作废",
  "label.none": "标签未验证",
};
