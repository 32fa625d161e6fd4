/** The control points of all kinds of work, in both languages, for the board and the phone. */

export const tasksZh = {
  "task.reception": "接车",
  "task.diagnosis": "诊断",
  "task.repair": "修理",
  "task.test": "试验",
  "task.handover": "交车",
  "task.inspection": "检查",
  "task.service": "保养",
  "task.commissioning": "调试",
  "task.training": "培训",
  "task.campaign": "服务活动",
  "task.overhaul": "大修",
  "task.recovery": "救援拖车",
  "task.advice": "咨询",
  "task.audit": "审核",
  "task.survey": "调查",
} as const;

export const tasksEn: Record<keyof typeof tasksZh, string> = {
  "task.reception": "Reception",
  "task.diagnosis": "Diagnosis",
  "task.repair": "Repair",
  "task.test": "Test",
  "task.handover": "Hand-over",
  "task.inspection": "Inspection",
  "task.service": "Service",
  "task.commissioning": "Commissioning",
  "task.training": "Training",
  "task.campaign": "Campaign",
  "task.overhaul": "Overhaul",
  "task.recovery": "Recovery",
  "task.advice": "Advice",
  "task.audit": "Audit",
  "task.survey": "Survey",
};
