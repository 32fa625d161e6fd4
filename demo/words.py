"""Names that belong to nobody: small word lists and how they are put together, Chinese with its romanisation.

Telephone numbers begin with 100 and licence plates carry the letter I, which are never given out, so that no made
record can be mistaken for a real person's.
"""

from random import Random

SURNAMES = (
    "王 Wang 李 Li 张 Zhang 刘 Liu 陈 Chen 杨 Yang 赵 Zhao 黄 Huang 周 Zhou 吴 Wu 徐 Xu 孙 Sun 马 Ma 朱 Zhu 胡 Hu "
    "郭 Guo 何 He 林 Lin 高 Gao 罗 Luo 郑 Zheng 梁 Liang 谢 Xie 宋 Song 唐 Tang 许 Xu 韩 Han 邓 Deng 冯 Feng 曹 Cao"
)
GIVEN = (
    "伟 wei 强 qiang 磊 lei 军 jun 勇 yong 杰 jie 涛 tao 超 chao 明 ming 刚 gang 平 ping 辉 hui 鹏 peng 华 hua "
    "飞 fei 鑫 xin 波 bo 斌 bin 宇 yu 浩 hao 凯 kai 建 jian 志 zhi 国 guo 海 hai 永 yong 文 wen 东 dong 峰 feng "
    "亮 liang 丽 li 敏 min 静 jing 霞 xia 玲 ling 燕 yan 红 hong 梅 mei 云 yun 洁 jie"
)
FIRM_WORDS = (
    "恒远 Hengyuan 顺达 Shunda 鸿运 Hongyun 安通 Antong 诚信 Chengxin 大成 Dacheng 金路 Jinlu 长青 Changqing "
    "万里 Wanli 同心 Tongxin 新程 Xincheng 捷运 Jieyun 天成 Tiancheng 宏业 Hongye 远航 Yuanhang 瑞丰 Ruifeng"
)
CARRIERS = ("物流", "Logistics"), ("运输", "Transport"), ("货运", "Freight")
BUILDERS = ("建设", "Construction"), ("矿业", "Mining"), ("路桥", "Road & Bridge"), ("港口", "Port Services")
PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

Words = list[tuple[str, str]]


def _pairs(text: str) -> Words:
    words = text.split()
    return list(zip(words[::2], words[1::2], strict=True))


_SURNAMES, _GIVEN, _FIRMS = _pairs(SURNAMES), _pairs(GIVEN), _pairs(FIRM_WORDS)


def person(rng: Random) -> str:
    """A made person's name, "张建国 Zhang Jianguo"."""
    family, given = rng.choice(_SURNAMES), rng.sample(_GIVEN, 2)
    return f"{family[0]}{given[0][0]}{given[1][0]} {family[1]} {(given[0][1] + given[1][1]).capitalize()}"


def firm(rng: Random, city_zh: str, city_en: str, trades: tuple[tuple[str, str], ...]) -> str:
    """A made firm's name, "临沂恒远物流 Linyi Hengyuan Logistics"."""
    word, trade = rng.choice(_FIRMS), rng.choice(trades)
    return f"{city_zh}{word[0]}{trade[0]} {city_en} {word[1]} {trade[1]}"


def phone(number: int) -> str:
    """The number-th telephone, eleven digits from a range that is not in use."""
    return f"100{number:08}"


def plate(province: str, number: int) -> str:
    """The number-th licence plate of a province, "鲁AI0042"; the letter I is never given out."""
    letter, digits = divmod(number, 10_000)
    return f"{province}{PLATE_LETTERS[letter % len(PLATE_LETTERS)]}I{digits:04}"
