/** 服务器可能拒绝的原因；这里没有的按服务器原文显示。 */
export const ZH_PROBLEMS: Record<string, string> = {
  "not-signed-in": "请先登录。",
  "not-allowed": "您的角色不能进行此操作。",
  "not-found": "找不到，或不属于您可查看的范围。",
  "invalid-request": "有字段缺失、未知或超出范围。",
  "sign-in-failed": "账号或密码不正确。",
  "too-many-attempts": "尝试次数过多，请稍后再试。",
  "unknown-token": "链接无效或已使用。",
  "job-closed": "工单已完成或已取消。",
  "slot-taken": "该工程师此时段已有安排。",
  "claim-not-in-review": "此索赔不在待审状态。",
  "unit-unconfirmed": "请先确认设备，未确认的设备不能付款。",
  "already-claimed": "同一设备与故障组已有索赔，或此派工已被索赔。",
  busy: "服务繁忙，请稍后再试。",
};
