/** 扫码报修页的文案；两种语言的键相同，测试会比较。 */

export const helpZh = {
  "help.title": "扫码报修",
  "help.gone": "这个二维码无效，请拨打服务热线。",
  "help.symptom": "出了什么问题？",
  "help.phone": "回拨电话",
  "help.name": "怎么称呼您（可不填）",
  "help.locate": "用手机定位",
  "help.located": "已定位，误差约 {metres} 米",
  "help.nowhere": "手机没有给出位置：请允许定位，或填写高速公路桩号。",
  "help.stake": "或高速公路桩号",
  "problem.place-missing": "还不知道车在哪里：请用手机定位，或写明桩号，例如 G2 K412+300。",
  "help.send": "报修",
  "help.known": "这台车已经报修，工单号 {number}。服务人员会与您联系。",
  "help.follow": "查看进度",
  "machines.label": "报修二维码",
  "machines.labelUse": "打印后贴在车上：站在车旁的人扫码即可报修，无需账号。",
  "machines.labelPrint": "打印二维码",
} as const;

export const helpEn: Record<keyof typeof helpZh, string> = {
  "help.title": "Report a breakdown",
  "help.gone": "This label leads nowhere: call the service hotline.",
  "help.symptom": "What is wrong?",
  "help.phone": "Number to call you back",
  "help.name": "Your name (optional)",
  "help.locate": "Use this phone's position",
  "help.located": "Position found, within {metres} m",
  "help.nowhere": "The phone gave no position: allow it, or write the motorway's stake number.",
  "help.stake": "Or the motorway's stake number",
  "problem.place-missing": "It is not known where the machine stands: use the position, or write a stake number such as G2 K412+300.",
  "help.send": "Report",
  "help.known": "This machine has been reported already: order {number}. We will call.",
  "help.follow": "Follow the order",
  "machines.label": "Label for reports",
  "machines.labelUse": "Print it and put it on the machine: whoever stands beside it scans it and reports, without an account.",
  "machines.labelPrint": "Print the label",
};
