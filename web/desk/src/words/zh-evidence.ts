/** 证据时间线：按种类由事实写成中文；这里没有写法的（故障、读数、照片说明）本是录入的原文，照录。 */

import type { Shape } from "../core/api";
import { lineName } from "../parts/claims";
import { minutes, money, number } from "./format";
import { say, word } from "./words";

type Item = Pick<Shape<"EvidenceItem">, "kind" | "what" | "summary" | "facts">;
interface Facts {
  [name: string]: unknown;
  findings?: { reason: string }[];
  hits?: { rule: string; reason: string }[];
  line?: { kind: string; label: string };
  other_jobs?: number[];
  reasons?: string[];
}

/** 由部分连成一句；空的略去。 */
const joined = (parts: readonly unknown[], between = "，") => parts.map(text).filter(Boolean).join(between);
const noted = (line: string, note: unknown) => joined([line, note], "：");
const counted = (value: unknown) => number(Number(value));

function text(value: unknown): string {
  return value === null || value === undefined || value === false ? "" : String(value);
}

const STEPS: Record<string, string> = {
  travel: "出发",
  arrive: "到达",
  start: "开始工作",
  pause: "暂停",
  resume: "继续",
  complete: "完成上门",
  abandon: "放弃上门",
};
const OLD_PARTS: Record<string, string> = {
  expected: "应退回",
  received: "已退回",
  "received-other": "退回的是另一备件",
  waived: "免退回",
};
const SAYS: Record<string, string> = { happened: "确有上门", did_not_happen: "无人上门", wrong: "报告不符" };
const DECIDED: Record<string, string> = { recorded: "待总部决定", accepted: "已接受", declined: "未接受" };

const TOLD: Partial<Record<Item["kind"], (what: string, facts: Facts) => string>> = {
  claim: (what, { hits = [] }) =>
    noted(
      `已提交；规则结论为${word("lane", what)}`,
      joined(
        hits.map((hit) => `${hit.rule} ${word("reason", hit.reason)}`),
        " ",
      ),
    ),
  scan: (what, { text: read, source, reasons = [] }) =>
    joined([
      `读到 ${text(read)}（${word("said", text(source))}）`,
      what === "of-the-unit" ? "是工单的设备" : "不是工单的设备",
      ...reasons.map((code) => word("reason", code).replace(/。$/, "")),
    ]),
  step: (what) => STEPS[what] ?? what,
  time: (what, facts) => joined([word("line", what), minutes(Number(facts.minutes)), facts.operation], " "),
  part: (what, facts) =>
    joined([
      `${word("said", what)} ${text(facts.number)} × ${counted(facts.quantity)}`,
      facts.old_serial && `旧件 ${facts.old_serial}`,
      facts.new_serial && `新件 ${facts.new_serial}`,
    ]),
  expense: (what, { direction, amount_minor, currency }) =>
    joined([word("said", text(direction)), word("expense", what), money(Number(amount_minor), text(currency))], " "),
  photo: (what, { caption, other_jobs = [] }) =>
    joined([
      noted(what === "other" ? "" : word("photo", what), caption) || "无说明",
      other_jobs.length > 0 && `也用于工单 ${other_jobs.join("、")}`,
    ]),
  signature: (what, { signed_by, why }) =>
    what === "signed" ? `由 ${signed_by} 签名` : `无签名：${word("said", text(why))}`,
  score: (_, { points, findings = [] }) =>
    noted(
      `${counted(points)} 分`,
      joined(
        findings.map((one) => word("score", one.reason)),
        "",
      ),
    ),
  decision: (what, { line, reason, proposed, note }) =>
    joined([
      line && lineName(line),
      word("decided", what),
      word("reason", text(reason)),
      proposed && say("proposed"),
      note,
    ]),
  reply: (what, { note }) => noted(`服务商${word("reply", what)}`, note),
  customer: (what, { note }) => noted(`客户称${SAYS[what] ?? what}`, note),
  payment: (_, { approved_minor, currency }) => `已付款 ${money(Number(approved_minor), text(currency))}`,
  "old-part": (what, facts) => joined([`${text(facts.number)} ${text(facts.serial)}`.trim(), OLD_PARTS[what]]),
  alert: (what) => word("alert", what),
  report: (what, { kind, reason, after_decision }) => {
    const asked = `报告${word("asked", text(kind))}`;
    if (what === "asked") return noted(`已申请${asked}`, reason);
    if (what === "declined") return `${asked}未获批准`;
    return noted(joined([asked, after_decision && "在索赔裁定之后"]), reason);
  },
  "recorded-work": (what, { kind, reason, note }) =>
    joined([word("op", text(kind)), DECIDED[what], reason ? word("kept", text(reason)) : note]),
};

/** 时间线上的一件事，写成中文。 */
export function zhTold({ kind, what, summary, facts }: Item): string {
  const given = (facts ?? {}) as Facts;
  const line = TOLD[kind]?.(what, given) ?? summary;
  return joined([line, given.void_reason && `已撤回：${given.void_reason}`], "；");
}
