/** Texts of the network page about engineers' phones, in both languages. */

export const phonesZh = {
  "phones.title": "工程师手机",
  "phones.engineer": "工程师",
  "phones.nobody": "这里没有带账号的工程师。",
  "phones.none": "还没有登记手机。",
  "phones.since": "{time} 登记",
  "phones.withdrawn": "已撤回",
  "phones.withdraw": "撤回",
  "phones.sure": "确认撤回？一分钟内全网生效",
  "phones.enrol": "登记一部手机",
  "phones.how": "请工程师用手机相机扫码，或在 /phone/ 输入登记码。只能用一次，有效至 {time}。",
};

export const phonesEn: Record<keyof typeof phonesZh, string> = {
  "phones.title": "Engineers' phones",
  "phones.engineer": "Engineer",
  "phones.nobody": "No engineer here has an account.",
  "phones.none": "No phone is enrolled yet.",
  "phones.since": "enrolled {time}",
  "phones.withdrawn": "withdrawn",
  "phones.withdraw": "Withdraw",
  "phones.sure": "Withdraw it everywhere, within a minute?",
  "phones.enrol": "Enrol a phone",
  "phones.how": "Let the engineer point the phone's camera at it, or type the code at /phone/. It works once, until {time}.",
};
