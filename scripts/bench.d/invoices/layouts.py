"""Forms that become templates. Not here: forms without (strangers.py).

A layout takes `(title, rng)` and returns a sheet and the truth. Only title and values change."""

from sheet import Sheet
from values import (CITIES, GOODS, PEOPLE, PLACES, STATIONS, STREETS, clock, company, date, dated, digits, fen, figures, in_words,
                    person_id, pick, tax_number)

BROWN, BLUE, GREEN, RED, BLACK = (126, 70, 40), (46, 74, 140), (32, 96, 70), (176, 40, 44), (44, 44, 48)


def vat(title, rng, ink=BROWN):
    """VAT invoice: a table full of labels, a QR code, small print."""
    s = Sheet(1200, 780, 5.0, ink=ink)
    code, number, ymd, net = digits(rng, 10), digits(rng, 8), date(rng), fen(rng)
    tax = net * pick(rng, [3, 6, 9, 13]) // 100
    total, head, seller = net + tax, company(rng), company(rng)
    s.fixed(title, 600 - 17 * len(title), 34, 36, "kai", 0.08)
    s.rule(400, 84, 800, 84)
    s.rule(400, 89, 800, 89)
    s.value("invoice_code", code, 175, 52, 25, "song", 0.06, press=True)
    s.fixed("No", 835, 48, 30, "song-bold")
    s.value("invoice_id", number, 890, 48, 32, "song", 0.04, press=True)
    s.fixed("开票日期：", 850, 98, 19)
    s.value("date", dated(ymd, "cn"), 955, 98, 19)
    s.code(f"01,01,{code},{number},{figures(net)},{dated(ymd, 'plain')},{digits(rng, 20)},{digits(rng, 4)},", 60, 30, 92)
    s.frame(50, 130, 1150, 690)
    for y in (235, 265, 480, 530, 620):
        s.rule(50, y, 1150, y)
    s.rule(88, 130, 88, 235)
    s.rule(700, 130, 700, 235)
    s.rule(738, 130, 738, 235)
    for i, text in enumerate(["名　　　　称：", "纳税人识别号：", "地 址、电 话：", "开户行及账号："]):
        s.fixed(text, 96, 136 + 24 * i, 18)
        s.fixed(text, 96, 536 + 21 * i, 17)
    for i, char in enumerate("购买方"):
        s.fixed(char, 60, 142 + 30 * i, 18)
    for i, char in enumerate("密码区"):
        s.fixed(char, 710, 142 + 30 * i, 18)
    for i, char in enumerate("销售方"):
        s.fixed(char, 60, 538 + 26 * i, 18)
    s.rule(88, 530, 88, 620)
    s.value("head", head, 232, 136, 18)
    s.value("购方税号", tax_number(rng), 232, 160, 18, "mono", 0.1)
    s.value(None, pick(rng, CITIES) + pick(rng, STREETS) + digits(rng, 2) + "号 0" + digits(rng, 10), 232, 184, 17)
    s.value(None, "工商银行" + pick(rng, CITIES) + "支行 " + digits(rng, 17), 232, 208, 17)
    for row in range(4):
        s.value(None, "".join(pick(rng, "0123456789+-*/<>") for _ in range(27)), 748, 138 + 23 * row, 19, "mono")
    columns = [(60, "货物或应税劳务、服务名称", 340), (380, "规格型号", 470), (510, "单位", 560), (600, "数　量", 680)]
    columns += [(720, "单　价", 800), (850, "金　额", 930), (985, "税率", 1030), (1060, "税　额", 1140)]
    for x, text, _ in columns:
        s.fixed(text, x, 241, 18)
    for x in (370, 495, 580, 700, 830, 970, 1045):
        s.rule(x, 235, x, 480)
    goods = pick(rng, GOODS)
    s.value(None, "*" + goods + "*" + goods, 60, 270, 17)
    s.value(None, "1", 640, 270, 17)
    s.value(None, figures(net), 850, 270, 17)
    s.value(None, figures(tax), 1055, 270, 17)
    s.fixed("合　　　　　计", 120, 455, 18)
    s.value("合计金额", "¥" + figures(net), 845, 455, 17)
    s.value("合计税额", "¥" + figures(tax), 1050, 455, 16)
    s.fixed("价税合计（大写）", 110, 496, 19)
    s.value("money_cn", in_words(total), 420, 495, 20)
    s.fixed("（小写）", 820, 496, 19)
    s.value("money", "¥" + figures(total), 920, 495, 20)
    s.value("销售方", seller, 224, 536, 17)
    s.value(None, tax_number(rng), 224, 557, 17, "mono", 0.1)
    s.rule(700, 530, 700, 620)
    s.fixed("备注", 708, 560, 18)
    for x, text, who in [(60, "收款人：", 0), (340, "复核：", 1), (600, "开票人：", 2), (880, "销售方：（章）", 3)]:
        s.fixed(text, x, 700, 18)
        if who < 3:
            s.value(None, pick(rng, PEOPLE), x + 85, 700, 18)
    s.slot("invoice_code", 165, 44, 400, 84)
    s.slot("invoice_id", 880, 42, 1090, 86)
    s.slot("date", 850, 92, 1150, 124, "开票日期")
    s.slot("head", 225, 132, 690, 157)
    s.slot("购方税号", 225, 157, 690, 181)
    s.slot("合计金额", 834, 450, 968, 478)
    s.slot("合计税额", 1046, 450, 1149, 478)
    s.slot("money_cn", 400, 485, 800, 526)
    s.slot("money", 905, 485, 1145, 526)
    s.slot("销售方", 220, 532, 690, 555)
    return s


def vat_blue(title, rng):
    return vat(title, rng, BLUE)


def roll(title, rng):
    """VAT roll ticket: narrow, printed by the till except the heading."""
    s = Sheet(460, 1000, 8.0, paper=(250, 250, 248), ink=BLACK)
    total, ymd = fen(rng, 100_000), date(rng)
    s.fixed(title, 230 - 13.5 * len(title), 40, 27, "song-bold")
    s.fixed("发票联", 180, 76, 30, "song-bold", 0.1, ink=RED)
    s.rule(30, 120, 430, 120)
    rows = [("发票代码", "invoice_code", digits(rng, 12)), ("发票号码", "invoice_id", digits(rng, 8)), ("机打号码", None, None),
            ("机器编号", None, digits(rng, 12)), ("销售方名称", "销售方", company(rng, 11)), ("销售方税号", None, tax_number(rng)),
            ("开票日期", "date", dated(ymd, "dash")), ("收款员", None, pick(rng, PEOPLE)), ("购买方名称", "head", company(rng, 11)),
            ("购买方税号", None, tax_number(rng))]
    for i, (label, area, text) in enumerate(rows):
        y = 134 + 36 * i
        s.fixed(label + "：", 30, y, 21)
        s.value(area, text or rows[1][2], 30 + 21 * (len(label) + 1) + 4, y, 21, "song")
        if area:
            s.slot(area, 26 + 21 * (len(label) + 1), y - 5, 445, y + 27)
    for x, text in [(30, "项目"), (170, "单价"), (260, "数量"), (350, "金额")]:
        s.fixed(text, x, 506, 21)
    s.rule(30, 534, 430, 534)
    s.value(None, pick(rng, GOODS), 30, 545, 21)
    s.value(None, figures(total), 160, 545, 20)
    s.value(None, "1", 280, 545, 20)
    s.value(None, figures(total), 340, 545, 20)
    s.fixed("合计金额（小写）：", 30, 640, 21)
    s.value("money", "¥" + figures(total), 225, 640, 21)
    s.fixed("合计金额（大写）：", 30, 684, 21)
    s.value("money_cn", in_words(total), 46, 716, 21)
    s.fixed("校验码：", 30, 760, 21)
    s.value(None, digits(rng, 20), 116, 760, 20)
    s.slot("money", 215, 634, 440, 668)
    s.slot("money_cn", 28, 710, 440, 746)
    s.code(f"01,04,{rows[0][2]},{rows[1][2]},{figures(total)},{dated(ymd, 'plain')},{digits(rng, 20)},{digits(rng, 4)},", 160, 800, 140)
    return s


def quota(title, rng):
    """Fixed-amount invoice on patterned paper; preprinted code and number."""
    s = Sheet(880, 600, 5.0, paper=(206, 226, 206), ink=(110, 40, 40))
    s.guilloche = (186, 212, 188)
    s.fixed(title, 440 - 21 * len(title), 70, 38, "kai", 0.1)
    s.fixed("发 票 联", 350, 136, 42, "kai", 0.1, ink=RED)
    for y, label, area, count in [(226, "发票代码", "invoice_code", 12), (284, "发票号码", "invoice_id", 8)]:
        s.fixed(label, 180, y, 28, "kai")
        s.value(area, digits(rng, count), 322, y - 2, 32, "mono", 0.04, press=True)
        s.slot(area, 312, y - 10, 312 + 23.5 * count + 24, y + 38)
    s.fixed("伍拾元整", 270, 404, 54, "song-bold", 0.1)
    s.fixed("50", 640, 214, 96, "hei-bold")
    s.fixed("（加盖发票专用章有效）", 250, 474, 22)
    s.fixed("税务局监制 印刷有限公司承印", 38, 200, 16, vertical=True)
    return s


def train(title, rng):
    """Train ticket: hardly a fixed word."""
    s = Sheet(860, 540, 10.0, paper=(214, 230, 240), ink=(52, 70, 100))
    s.guilloche = (196, 216, 230)
    ymd, fare = date(rng), fen(rng, 100_000)
    s.value("invoice_id", pick(rng, "ABCDEFGHJKLM") + digits(rng, 6), 60, 34, 34, "hei", ink=RED, press=True)
    s.fixed(title, 560, 36, 30, "hei")
    a, b = pick(rng, STATIONS), pick(rng, STATIONS)
    s.value("出发站", a + "站", 80, 92, 40, "hei")
    s.value("车次", pick(rng, "GDCKZT") + digits(rng, int(rng.integers(1, 5))), 370, 92, 38, "song")
    s.value("到达站", b + "站", 590, 92, 40, "hei")
    s.rule(340, 142, 520, 142, 3)
    s.value("date", dated(ymd, "cn"), 60, 176, 31, "song")
    s.value("time", clock(rng) + "开", 350, 176, 31, "song")
    s.value(None, f"{rng.integers(1, 17):02d}车{rng.integers(1, 20):02d}{pick(rng, 'ABCDF')}号", 590, 176, 31, "song")
    s.value("money", "¥" + figures(fare) + "元", 60, 226, 31, "song")
    s.value("席别", pick(rng, ["二等座", "一等座", "硬座", "硬卧", "商务座"]), 590, 226, 31, "song")
    s.fixed("限乘当日当次车", 60, 290, 28, "hei")
    s.value("id_card", person_id(rng), 60, 346, 29, "song")
    s.value("姓名", pick(rng, PEOPLE), 420, 346, 31, "song")
    s.fixed("买票请到12306 发货请到95306", 130, 410, 24, "hei")
    s.fixed("中国铁路祝您旅途愉快", 170, 444, 24, "hei")
    s.value(None, digits(rng, 21) + " " + pick(rng, CITIES) + "售", 60, 492, 24, "song")
    s.code(digits(rng, 60), 650, 340, 130)
    for area, box in {"invoice_id": (50, 26, 300, 74), "出发站": (60, 84, 330, 138), "到达站": (560, 84, 830, 138), "车次": (340, 84, 545, 138),
                      "date": (50, 168, 335, 214), "time": (338, 168, 560, 214), "money": (50, 218, 400, 264),
                      "席别": (570, 218, 760, 264), "id_card": (50, 338, 405, 384), "姓名": (410, 338, 560, 384)}.items():
        s.slot(area, *box)
    return s


def taxi(title, rng):
    """Taxi ticket: preprinted form, the meter's dot-matrix print beside the labels."""
    s = Sheet(420, 900, 7.5, paper=(250, 246, 240), ink=(40, 70, 130))
    s.fixed(title, 210 - 13 * len(title), 40, 26, "hei")
    s.fixed("发票联", 170, 78, 28, "song-bold", ink=RED)
    s.fixed("发票代码", 40, 124, 22)
    s.value("invoice_code", digits(rng, 12), 142, 122, 25, "mono", press=True, ink=RED)
    s.fixed("发票号码", 40, 164, 22)
    s.value("invoice_id", digits(rng, 8), 142, 162, 25, "mono", press=True, ink=RED)
    fare = int(rng.integers(10, 250)) * 100 + pick(rng, [0, 0, 50, 80])
    start, end = sorted([clock(rng), clock(rng)])
    distance = rng.integers(10, 600) / 10
    rows = [("单位", None, pick(rng, CITIES)), ("电话", None, digits(rng, 8)), ("车号", "车号", pick(rng, "粤京沪浙苏川") + pick(rng, "ABCDE") + digits(rng, 5)),
            ("日期", "date", dated(date(rng), "dash")), ("上车", "time", start), ("下车", None, end), ("单价", None, "2.60元"),
            ("里程", "里程", f"{distance:.1f}公里"), ("等候", None, f"00:{rng.integers(0, 60):02d}:{rng.integers(0, 60):02d}"), ("金额", "money", figures(fare) + "元")]
    for i, (label, area, text) in enumerate(rows):
        y = 230 + 46 * i
        s.fixed(label, 50, y, 24, "hei")
        s.value(area, text, 140, y, 25, "mono" if label == "日期" else "song")
        if area:
            s.slot(area, 130, y - 8, 385, y + 34)
    s.fixed("手写无效 请妥善保管", 80, 720, 22)
    s.fixed("投诉电话", 50, 760, 22)
    s.fixed("96968", 150, 760, 22)
    s.slot("invoice_code", 136, 116, 400, 154)
    s.slot("invoice_id", 136, 156, 330, 194)
    return s


def receipt(title, rng):
    """Handwritten receipt: brush on ruled lines."""
    s = Sheet(1000, 520, 5.2, ink=BLUE)
    total, ymd, who = fen(rng, 1_000_000), date(rng), company(rng, 16)
    s.fixed(title, 500 - 26 * len(title), 36, 44, "song-bold", 0.3)
    s.fixed("No", 780, 44, 28, "serif")
    s.value("invoice_id", digits(rng, 7), 830, 44, 30, "mono", ink=RED, press=True)
    s.value("date", dated(ymd, "cn"), 380, 106, 26, "kai")
    s.frame(60, 146, 940, 430, 2)
    s.fixed("今收到", 84, 170, 27)
    s.value("head", who, 200, 166, 30, "kai")
    s.rule(190, 204, 910, 204)
    s.fixed("交来", 84, 228, 27)
    s.value("detail", pick(rng, GOODS), 200, 224, 30, "kai")
    s.rule(190, 262, 910, 262)
    s.fixed("人民币（大写）", 84, 288, 27)
    s.value("money_cn", in_words(total), 300, 284, 29, "kai")
    s.rule(290, 322, 910, 322)
    s.fixed("小写", 84, 346, 27)
    s.value("money", "¥" + figures(total), 200, 342, 30, "kai")
    s.rule(190, 380, 500, 380)
    s.fixed("收款方式", 540, 346, 27)
    s.value(None, pick(rng, ["现金", "转账", "支票"]), 670, 342, 30, "kai")
    for x, text in [(84, "收款单位（公章）"), (440, "收款人"), (700, "经手人")]:
        s.fixed(text, x, 452, 25)
        if x > 100:
            s.value(None, pick(rng, PEOPLE), x + 100, 450, 28, "kai")
    for area, box in {"invoice_id": (822, 36, 980, 82), "date": (360, 100, 660, 140), "head": (190, 156, 915, 207), "detail": (190, 214, 915, 265),
                      "money_cn": (290, 274, 915, 325), "money": (190, 332, 505, 383)}.items():
        s.slot(area, *box)
    return s


def machine(title, rng):
    """General machine-printed invoice."""
    s = Sheet(1000, 640, 5.0, paper=(250, 250, 240), ink=(150, 60, 40))
    total, ymd = fen(rng), date(rng)
    s.fixed(title, 380 - 17 * len(title), 40, 33, "kai", 0.02)
    s.fixed("发 票 联", 320, 90, 30, "kai", ink=RED)
    s.fixed("发票代码", 680, 70, 22, "kai")
    s.value("invoice_code", digits(rng, 12), 780, 68, 25, "mono", press=True)
    s.fixed("发票号码", 680, 106, 22, "kai")
    s.value("invoice_id", digits(rng, 8), 780, 104, 25, "mono", press=True)
    s.fixed("开票日期", 60, 148, 22)
    s.value("date", dated(ymd, "dash"), 166, 148, 22)
    s.fixed("行业分类", 480, 148, 22)
    s.value(None, pick(rng, ["服务业", "商业", "交通运输业", "住宿业"]), 590, 148, 22)
    s.frame(50, 186, 950, 540, 2)
    s.fixed("付款单位", 66, 200, 22)
    s.value("head", company(rng), 190, 200, 22)
    s.rule(50, 238, 950, 238)
    for x, text in [(80, "项目"), (430, "单价"), (600, "数量"), (780, "金额")]:
        s.fixed(text, x, 250, 22)
    s.rule(50, 284, 950, 284)
    s.value("detail", pick(rng, GOODS), 80, 298, 22)
    s.value(None, figures(total), 420, 298, 22)
    s.value(None, "1", 620, 298, 22)
    s.value(None, figures(total), 770, 298, 22)
    s.rule(50, 470, 950, 470)
    s.fixed("合计人民币（大写）", 66, 490, 23)
    s.value("money_cn", in_words(total), 290, 489, 24)
    s.fixed("￥", 700, 490, 24)
    s.value("money", figures(total), 740, 489, 24)
    s.fixed("收款单位（盖章）", 66, 560, 22)
    s.fixed("开票人", 640, 560, 22)
    s.value(None, pick(rng, PEOPLE), 730, 560, 22)
    s.fixed("（手开无效）", 780, 600, 20)
    for area, box in {"invoice_code": (774, 62, 990, 98), "invoice_id": (774, 100, 920, 136), "date": (56, 140, 400, 180),
                      "head": (180, 192, 940, 234), "detail": (60, 290, 400, 330), "money_cn": (280, 478, 690, 524), "money": (732, 478, 940, 524)}.items():
        s.slot(area, *box, keywords="开票日期" if area == "date" else None)
    return s


def toll(title, rng):
    """Toll ticket: small, dot-matrix."""
    s = Sheet(640, 460, 8.0, paper=(246, 240, 230), ink=(60, 60, 64))
    ymd = date(rng)
    s.fixed(title, 320 - 15 * len(title), 30, 29, "hei")
    s.fixed("发票代码", 50, 82, 22)
    s.value("invoice_code", digits(rng, 12), 150, 80, 24, "mono", press=True)
    s.fixed("发票号码", 350, 82, 22)
    s.value("invoice_id", digits(rng, 8), 450, 80, 24, "mono", press=True)
    rows = [("入口站", "入口站", pick(rng, CITIES) + pick(rng, "东南西北")), ("出口站", "出口站", pick(rng, CITIES) + pick(rng, "东南西北")),
            ("车型", None, pick(rng, ["客一", "客二", "货一", "货三"])), ("收费员", None, digits(rng, 6)),
            ("金额", "money", str(rng.integers(5, 500)) + ".00元")]
    for i, (label, area, text) in enumerate(rows):
        y = 136 + 44 * i
        s.fixed(label + "：", 60, y, 25, "hei")
        s.value(area, text, 170, y, 26)
        if area:
            s.slot(area, 164, y - 7, 372, y + 34)
    s.fixed("日期", 380, 136, 25, "hei")
    s.value("date", dated(ymd, "slash"), 450, 136, 25, "mono")
    s.fixed("时间", 380, 180, 25, "hei")
    s.value("time", clock(rng, True), 450, 180, 25, "mono")
    s.fixed("收费单位盖章有效", 380, 360, 22)
    s.fixed("客服热线 12122", 60, 400, 22)
    for area, box in {"invoice_code": (142, 74, 345, 112), "invoice_id": (442, 74, 590, 112), "date": (436, 128, 630, 170), "time": (436, 172, 630, 214)}.items():
        s.slot(area, *box)
    return s


def digital(title, rng):
    """Fully digital invoice: a 20-digit number and no code."""
    s = Sheet(1160, 740, 5.2, paper=(255, 255, 255), ink=(140, 52, 40))
    net, ymd, number = fen(rng), date(rng), digits(rng, 20)
    tax = net * pick(rng, [1, 6, 13]) // 100
    s.fixed(title, 580 - 17 * len(title), 36, 34, "kai", 0.04)
    s.fixed("发票号码：", 770, 40, 20)
    s.value("invoice_id", number, 870, 40, 20, "song")
    s.fixed("开票日期：", 770, 72, 20)
    s.value("date", dated(ymd, "cn"), 870, 72, 20)
    s.code(f"01,32,,{number},{figures(net + tax)},{dated(ymd, 'plain')},,{digits(rng, 4)}", 60, 26, 88)
    s.frame(40, 126, 1120, 620, 1.4)
    for y in (226, 500, 552):
        s.rule(40, y, 1120, y)
    s.rule(580, 126, 580, 226)
    for x, side, area in [(50, "购买方信息", "head"), (590, "销售方信息", "销售方")]:
        s.fixed(side, x + 10, 132, 17)
        s.fixed("名称：", x + 20, 160, 20)
        s.value(area, company(rng, 17), x + 84, 160, 20)
        s.fixed("统一社会信用代码/纳税人识别号：", x + 20, 194, 17)
        s.value(None, tax_number(rng), x + 285, 194, 17, "song")
        s.slot(area, x + 78, 153, x + 520, 187)
    for x, text in [(70, "项目名称"), (330, "规格型号"), (470, "单位"), (560, "数量"), (680, "单价"), (810, "金额"), (910, "税率"), (1010, "税额")]:
        s.fixed(text, x, 232, 18)
    goods = pick(rng, GOODS)
    s.value(None, f"*{goods}*{goods}", 50, 262, 18)
    s.value(None, figures(net), 800, 262, 18)
    s.value(None, figures(tax), 1000, 262, 18)
    s.fixed("合　　计", 90, 470, 19)
    s.value("合计金额", "¥" + figures(net), 800, 470, 18)
    s.value("合计税额", "¥" + figures(tax), 1000, 470, 18)
    s.fixed("价税合计（大写）", 70, 516, 19)
    s.value("money_cn", in_words(net + tax), 330, 515, 20)
    s.fixed("（小写）", 800, 516, 19)
    s.value("money", "¥" + figures(net + tax), 890, 515, 20)
    s.fixed("备注", 52, 566, 18)
    s.fixed("开票人：", 80, 640, 19)
    s.value(None, pick(rng, PEOPLE), 165, 640, 19)
    for area, box in {"invoice_id": (862, 34, 1155, 66), "date": (862, 67, 1150, 98), "合计金额": (780, 463, 960, 496), "合计税额": (980, 463, 1115, 496),
                      "money_cn": (320, 506, 790, 546), "money": (882, 506, 1110, 546)}.items():
        s.slot(area, *box)
    return s


def hotel(title, rng):
    """Hotel bill: an in-house form."""
    s = Sheet(900, 620, 5.0, ink=GREEN)
    nights, price, ymd = int(rng.integers(1, 9)), int(rng.integers(120, 900)) * 100, date(rng)
    s.fixed(title, 450 - 22 * len(title), 40, 40, "kai", 0.1)
    s.fixed("账单号", 620, 104, 22)
    s.value("invoice_id", digits(rng, 8), 710, 102, 24, "mono", press=True)
    s.frame(60, 150, 840, 520, 2)
    rows = [("宾客姓名", "姓名", pick(rng, PEOPLE), "入住日期", "date", dated(ymd, "dash")), ("房　　号", "房号", digits(rng, 4), "房　　价", None, figures(price)),
            ("入住天数", None, str(nights), "早　　餐", None, pick(rng, ["含", "不含"])), ("单位名称", "head", company(rng, 16), "", None, "")]
    for i, (l1, a1, v1, l2, a2, v2) in enumerate(rows):
        y = 166 + 56 * i
        s.fixed(l1, 80, y, 23)
        s.value(a1, v1, 200, y, 24)
        s.rule(60, y + 40, 840, y + 40)
        if a1:
            s.slot(a1, 186, y - 12, 470 if l2 else 836, y + 38)
        if l2:
            s.fixed(l2, 490, y, 23)
            s.value(a2, v2, 610, y, 24)
            if a2:
                s.slot(a2, 596, y - 12, 836, y + 38)
    s.rule(180, 150, 180, 374)
    s.fixed("合计金额（大写）", 80, 410, 23)
    s.value("money_cn", in_words(price * nights), 290, 409, 24)
    s.fixed("（小写）", 80, 466, 23)
    s.value("money", "¥" + figures(price * nights, True), 290, 465, 25)
    s.fixed("收银员", 80, 550, 22)
    s.value(None, pick(rng, PEOPLE), 170, 550, 22)
    s.fixed("宾客签名", 500, 550, 22)
    s.slot("invoice_id", 702, 94, 850, 138)
    s.slot("money_cn", 280, 398, 836, 446)
    s.slot("money", 280, 454, 620, 504)
    return s


QUOTA = {"quota": "50"}
# The engine was tuned on these …
TUNED_ON = {
    "vat": (vat, "{place}增值税专用发票"),
    "vat-plain": (vat_blue, "{place}增值税普通发票"),
    "roll": (roll, "{place}增值税普通发票（卷票）"),
    "quota": (quota, "{place}省通用定额发票"),
    "train": (train, "火车票报销凭证"),
    "taxi": (taxi, "{city}市出租汽车专用发票"),
    "receipt": (receipt, "收款收据"),
}
# … and is tested on these too.
HELD_OUT = {
    "machine": (machine, "{place}省地方税务局通用机打发票"),
    "toll": (toll, "{place}省车辆通行费专用发票"),
    "digital": (digital, "电子发票（普通发票）"),
    "hotel": (hotel, "{city}大酒店住宿结账单"),
}
LAYOUTS = {**TUNED_ON, **HELD_OUT}
# Same form, other title, no template.
SISTERS = {
    "vat": ["{other}增值税专用发票", "机动车销售统一发票"],
    "vat-plain": ["{other}增值税普通发票", "{place}增值税电子普通发票"],
    "roll": ["{other}增值税普通发票（卷票）", "{place}通用机打发票（卷式）"],
    "quota": ["{other}省通用定额发票", "{place}省服务业有奖定额发票"],
    "taxi": ["{other}市出租汽车专用发票", "{city}市公共汽车客运发票"],
    "receipt": ["押金退款单", "借款凭证单"],
    "machine": ["{other}省地方税务局通用机打发票", "{place}省国家税务局服务业发票"],
    "toll": ["{other}省车辆通行费专用发票", "{place}省公路客运专用发票"],
    "digital": ["电子发票（增值税专用发票）"],
    "hotel": ["{city}大酒店餐饮结账单", "{other}大酒店住宿结账单"],
}


def named(pattern, rng, place, city):
    others = [p for p in (CITIES if "市" in pattern or "大酒店" in pattern else PLACES) if p not in (place, city)]
    return pattern.format(place=place, city=city, other=pick(rng, others))
