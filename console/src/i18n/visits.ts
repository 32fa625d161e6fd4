/** Texts about orders that wait for each other, and about crews of two, in both languages. */

export const visitsZh = {
  "link.finish_start": "等 {number} 完工后开工",
  "link.start_start": "等 {number} 开工后开工",
  "link.gap": "间隔 {minutes} 分钟",
  "link.follower": "{number} 等本单",
  "link.waits": "等 {number}",
  "link.remove": "不再等",
  "link.add": "让本单等另一张工单",
  "link.number": "工单号",
  "link.relation": "等到",
  "link.until.finish_start": "它完工",
  "link.until.start_start": "它开工",
  "link.minutes": "之后再隔（分钟）",
  "link.send": "保存",
  "crew.second": "第二名工程师",
  "crew.alone": "派一名工程师",
  "crew.two": "派两名工程师",
} as const;

export const visitsEn: Record<keyof typeof visitsZh, string> = {
  "link.finish_start": "Starts after {number} has ended",
  "link.start_start": "Starts after {number} has begun",
  "link.gap": "{minutes} min between",
  "link.follower": "{number} waits for this one",
  "link.waits": "after {number}",
  "link.remove": "Wait no longer",
  "link.add": "Let it wait for another order",
  "link.number": "Order number",
  "link.relation": "Until that one",
  "link.until.finish_start": "has ended",
  "link.until.start_start": "has begun",
  "link.minutes": "And then (minutes)",
  "link.send": "Save",
  "crew.second": "second engineer",
  "crew.alone": "Send one engineer",
  "crew.two": "Send two engineers",
};
