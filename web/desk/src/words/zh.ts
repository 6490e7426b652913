/** 桌面端的全部简体中文文字；用词以术语表为准。 */

import type { en } from "./en";
import { zhClaims } from "./zh-claims";
import { zhJobs } from "./zh-jobs";
import { zhKeying } from "./zh-keying";
import { zhPapers } from "./zh-papers";
import { zhReports } from "./zh-reports";
import { zhRequests } from "./zh-requests";
import { zhRules } from "./zh-rules";
import { zhSubmit } from "./zh-submit";

export const zh: Record<keyof typeof en, string> = {
  ...zhClaims,
  ...zhJobs,
  ...zhKeying,
  ...zhPapers,
  ...zhReports,
  ...zhRequests,
  ...zhRules,
  ...zhSubmit,
  signIn: "登录",
  login: "账号",
  password: "密码",
  signOut: "退出",
  ended: "登录已过期，请重新登录。",
  welcome: "欢迎使用 Fieldstone",
  newPassword: "新密码（至少十个字符）",
  setPassword: "设置密码",
  passwordSet: "密码已设置，请登录。",
  notForYou: "此页面供办公室和服务商办公室使用，工程师请使用手机应用。",
  toApp: "技术员应用",
  menu: "菜单",
  screens: "页面",
  skip: "跳到内容",
  away: "无法连接服务，请重试。",
  again: "重试",
  loading: "加载中…",
  more: "更多",
  close: "关闭",
  save: "保存",
  all: "全部",
  state: "状态",
  number: "编号",
  partner: "服务商",
  from: "从",
  to: "到",
  reason: "原因",
  find: "查找",
  "role.admin": "管理员",
  "role.dispatcher": "调度员",
  "role.service_manager": "服务经理",
  "role.reviewer": "审核员",
  "role.parts_manager": "备件经理",
  "role.partner_office": "服务商办公室",
};
