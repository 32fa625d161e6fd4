/** Texts of business calendars, in both languages. */

export const calendarsZh = {
  "calendar.title": "工作日历",
  "calendar.intro": "按日历计时的时限只在工作日走表。下面是今后半年里与平常星期不同的日子；改动一天，走表中的工单立即重算。",
  "calendar.which": "日历",
  "calendar.day": "日期",
  "calendar.counts": "是否计时",
  "calendar.why": "依据",
  "calendar.work": "上班",
  "calendar.off": "休息",
  "calendar.usual": "恢复惯例",
  "calendar.official": "法定节假日或调休",
  "calendar.own": "本公司决定",
  "calendar.none": "今后半年没有特殊日子。",
  "calendar.decide": "改动一天",
  "calendar.note": "原因",
  "calendar.save": "保存",
  "calendar.judged": "已保存，{count} 张走表中的工单已重算。",
} as const;

export const calendarsEn: Record<keyof typeof calendarsZh, string> = {
  "calendar.title": "Business calendars",
  "calendar.intro":
    "Clocks that name a calendar run on its workdays only. These days of the coming half year are not as their weekday; when one is changed, orders with a running clock are judged anew at once.",
  "calendar.which": "Calendar",
  "calendar.day": "Day",
  "calendar.counts": "Counts as",
  "calendar.why": "Why",
  "calendar.work": "workday",
  "calendar.off": "day off",
  "calendar.usual": "what it would be by itself",
  "calendar.official": "public holiday, or made up for one",
  "calendar.own": "our own word",
  "calendar.none": "No such day in the coming half year.",
  "calendar.decide": "Decide on a day",
  "calendar.note": "Reason",
  "calendar.save": "Save",
  "calendar.judged": "Saved; {count} orders with a running clock were judged anew.",
};
