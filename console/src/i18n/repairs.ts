/** Texts about repairs for orders that nobody serves, in both languages. */

export const repairsZh = {
  "repair.title": "怎样才能派出去",
  "repair.price": "照现有规则派出，只是比不派贵",
  "repair.overtime": "加班延长 {hours} 小时",
  "repair.window": "时间窗延后 {hours} 小时",
  "repair.max_orders": "当班多接 {amount} 单",
  "repair.skill": "技能等级放宽 {amount} 级",
  "repair.reserve": "动用抢修预留",
  "repair.lock": "解除锁定",
  "repair.exclusion": "请拒绝过的工程师再考虑",
  "repair.part": "先到场，缺的 {amount} 项配件二次上门补",
} as const;

export const repairsEn: Record<keyof typeof repairsZh, string> = {
  "repair.title": "What would get it served",
  "repair.price": "As the rules are, only dearer than leaving it out",
  "repair.overtime": "{hours} h more overtime",
  "repair.window": "Window open {hours} h longer",
  "repair.max_orders": "{amount} more order on the shift",
  "repair.skill": "Skill {amount} level lower",
  "repair.reserve": "Use the breakdown reserve",
  "repair.lock": "Release the lock",
  "repair.exclusion": "Ask those who declined again",
  "repair.part": "Go now; missing kit lines ({amount}) on a second visit",
};
