/** 规则、授权、警报与数据的文字。 */
import type { enRules } from "./en-rules";

export const zhRules: Record<keyof typeof enRules, string> = {
  programmes: "规则与方式",
  "programmes.none": "尚无保修政策。",
  code: "代码",
  name: "名称",
  models: "型号数",
  modes: "方式",
  limits: "限额",
  limit: "限额",
  "limit.none": "无",
  decides: "判断内容",
  "mode.usual": "默认",
  "mode.here": "此处",
  "from.on": "起始日",
  "to.on": "截止日",
  "set.at": "设置时间",
  "programme.look": "查看 {n} 项更改",
  "programme.diff": "更改内容",
  "programme.set": "自该日起生效",
  "programme.saved": "保修政策已设置。",
  "programme.history": "历次设置，最新在前",
  "diff.before": "之前",
  "diff.after": "之后",
};
