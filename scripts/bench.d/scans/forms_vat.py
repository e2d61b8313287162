"""Forms of the tax office: the special invoice out of a needle printer, the roll, the digital one, and those for vehicles."""

import seals
import values as v
from seals import pressed
from values import chance, pick

BROWN, GREEN, RED = (128, 76, 52), (52, 110, 84), (140, 28, 34)


def sums(r, rows, most=None, negative=0.12):
    sign = -1 if chance(r, negative) else 1
    items = [v.Item(r, most, sign) for _ in range(rows)]
    return items, sum(i.amount for i in items), sum(i.tax for i in items)


def vat_frame(s, c, buyer="购 买 方"):
    """Lines and labels that all sheets of this make share."""
    s.box(8, 31, 208, 128, c, 0.35)
    s.lines(c, 0.25, (8, 54, 208, 54), (8, 100, 208, 100), (8, 108, 208, 108), (14, 31, 14, 54), (14, 108, 14, 128))
    s.lines(c, 0.25, (120, 31, 120, 54), (126, 31, 126, 54), (120, 108, 120, 128), (126, 108, 126, 128), (58, 54, 58, 108))
    s.lines(c, 0.25, *[(x, 54, x, 100) for x in (82, 92, 112, 134, 164, 174)])
    s.down(11, 35, buyer[::2], 3.2, 7.2, "kai", c)
    s.down(11, 112, "销售方", 3.2, 6, "kai", c)
    s.down(123, 35, "密码区", 3.2, 7.2, "kai", c)
    s.down(123, 113, "备注", 3.2, 8, "kai", c)
    for y in (34.5, 111):
        for i, label in enumerate(("名        称:", "纳税人识别号:", "地 址、电 话:", "开户行及账号:")):
            s.text(16, y + i * (5.3 if y < 50 else 4.8), label, 2.9, "kai", c)
    for x, label in ((33, "货物或应税劳务、服务名称"), (70, "规格型号"), (87, "单位"), (102, "数  量"), (123, "单  价"), (149, "金    额"), (169, "税率"), (191, "税    额")):
        s.text(x, 56.6, label, 2.8, "kai", c, "m", fit=24 if x == 70 else None)
    s.text(33, 97, "合        计", 2.9, "kai", c, "m")
    s.text(33, 104, "价税合计（大写）", 3, "kai", c, "m")
    s.text(140, 104, "（小写）", 3, "kai", c)
    for x, label in ((14, "收款人:"), (62, "复核:"), (106, "开票人:"), (152, "销售方:（章）")):
        s.text(x, 132.5, label, 3, "kai", c)


def vat_special(s, r, sister):
    c = GREEN if chance(r, 0.2) and not sister else BROWN
    province = v.PROVINCE_NAMES[11] if not sister else pick(r, v.PROVINCE_NAMES)
    buyer, seller, day = v.Company(r), v.Company(r, place="宁波"), v.Day(r, 2017, 2021)
    items, amount, tax = sums(r, int(r.integers(1, 5)))
    vat_frame(s, c, ("购 买 方", "购 货 方")[sister > 0])
    title = "浙江增值税专用发票" if not sister else ("" if sister == 2 else province + "增值税普通发票")
    s.text(108, 11, title, 6.4, "kai", c, "m", track=0.8)
    if title:
        s.lines(c, 0.3, (70, 16, 146, 16), (70, 17.2, 146, 17.2))
        s.text(108, 21.5, pick(r, ("发 票 联", "抵 扣 联")) if not sister else "发 票 联", 4.2, "kai", c, "m")
        pressed(r, s, seals.supervision(s.k, "浙江省税务局" if not sister else province + "税务局"), 108, 14, c if c != GREEN else (190, 60, 60), 0, 0.8, 0.15)
    code, number = f"3300{day.y % 100}{pick(r, '1234')}1{pick(r, '36')}0", v.digits(r, 8)
    s.text(20, 11.5, code, 5, "songmono", (52, 50, 62), area=None if sister else "发票代码", slot=(20, 54))
    s.text(154, 11.5, "№", 5.4, "times-bold", (52, 50, 62))
    s.text(162, 11.5, number, 5.6, "songhack", (40, 44, 96), area=None if sister else "发票号码", slot=(162, 192), bold=1)
    s.fill(195, 9.5, code, 2.3)
    s.fill(195, 13, number, 2.3)
    s.text(152, 26, "开票日期:", 3, "kai", c)
    s.fill(170, 26, day.cn, 3.1, area="日期", slot=(168, 206))
    s.fill(38, 34.6, buyer.name, 3.1, fit=80, area="客户名称", slot=(36, 119))
    s.fill(38, 39.9, buyer.code, 3.6, "songmono", track=0.5, area="纳税人识别号", slot=(36, 108))
    s.fill(38, 45, buyer.address + " " + buyer.phone, 2.6, fit=80)
    s.fill(38, 50.4, buyer.bank + buyer.account, 2.6, fit=80)
    for i in range(4):
        s.fill(128, 35 + i * 5, "".join(pick(r, "0123456789+-*/<>") for _ in range(27)), 3.3, "songmono", fit=77)
    for i, item in enumerate(items):
        vat_row(s, item, 61 + i * 4.4, "具体信息" if i == 0 else None)
    s.fill(162, 97, "¥" + v.money(amount), 3, at="r")
    s.fill(206, 97, "¥" + v.money(tax) if tax else "***", 3, at="r")
    s.fill(62, 104, "⊗", 3.4)
    s.fill(67.5, 104, v.total_words(amount + tax), 3.2, area="中文金额", slot=(66.8, 137), fit=69)
    s.fill(153, 104, "¥" + v.money(amount + tax), 3.4, area="金额", slot=(152, 206))
    s.fill(38, 111, seller.name, 3, fit=80, area="销售方名称", slot=(36, 119))
    s.fill(38, 115.8, seller.code, 3.5, "songmono", track=0.5)
    s.fill(38, 120.6, seller.address + " " + seller.phone, 2.6, fit=80)
    s.fill(38, 125.4, seller.bank + seller.account, 2.6, fit=80)
    for x in (26, 72, 118):
        s.fill(x, 132.5, v.person(r), 3)
    if chance(r, 0.3):
        s.qr(55, 7, 18, v.vat_qr("01" if not sister else "04", code, number, amount, day, v.digits(r, 20)), printed=True)
    if chance(r, 0.7):
        pressed(r, s, seals.oval_seal(s.k, seller.name, seller.code), 178 + r.normal(0, 4), 121 + r.normal(0, 2))


def vat_row(s, item, y, area=None):
    s.fill(9, y, item.full, 2.8, fit=48.5, area=area, slot=area and (8.5, 57.5))
    s.fill(59, y, item.spec, 2.6, fit=22)
    s.fill(87, y, item.unit, 2.7, at="m")
    s.fill(111, y, str(item.count), 2.7, at="r")
    s.fill(133, y, f"{item.price:.2f}", 2.7, at="r")
    s.fill(163, y, v.money(item.amount), 2.8, at="r")
    s.fill(169, y, item.rate_text, 2.6, at="m", fit=9)
    s.fill(207, y, item.tax_text, 2.8, at="r")


def digital(s, r, sister):
    """数电票, printed out on an office's own printer."""
    c = (122, 28, 30)
    buyer, seller, day = v.Company(r), v.Company(r), v.Day(r, 2023, 2025)
    items, amount, tax = sums(r, int(r.integers(1, 6)), negative=0.2)
    number = f"{day.y % 100}{pick(r, list(v.names.PROVINCES))}2000000{v.digits(r, 9)}"
    s.qr(12, 9, 19, f"01,32,,{number},{v.money(amount + tax)},{day.plain},,{v.crc16(number)}")
    title = ("电子发票（普通发票）", "电子发票（增值税专用发票）", "不动产经营租赁服务电子收据")[sister]
    s.text(105, 16, title, 6.6, "kai", c, "m")
    s.lines(c, 0.25, (64, 21.5, 146, 21.5), (64, 22.6, 146, 22.6))
    pressed(r, s, seals.supervision(s.k, seller.province + "税务局"), 105, 17, (200, 40, 40), 0, 0.75, 0.05)
    s.text(152, 12, "发票号码：", 3, "kai", c)
    s.fill(168, 12, number, 3, area="发票号码", slot=(167, 206), fit=38)
    s.text(152, 18.5, "开票日期：", 3, "kai", c)
    s.fill(168, 18.5, day.cn, 3, area="日期", slot=(151.5, 206), kw="开票日期：")
    s.box(6, 32, 204, 124, c, 0.3)
    s.lines(c, 0.2, (6, 52, 204, 52), (6, 96, 204, 96), (6, 104, 204, 104), (12, 32, 12, 52), (105, 32, 105, 52), (111, 32, 111, 52), (12, 104, 12, 124),
            (58, 96, 58, 104))
    s.down(9, 35, "购买方信息", 2.8, 3.5, "kai", c)
    s.down(108, 35, "销售方信息", 2.8, 3.5, "kai", c)
    s.down(9, 110, "备注", 3, 8, "kai", c)
    for x, who, area in ((14, buyer, "客户名称"), (113, seller, "销售方名称")):
        s.text(x, 37, "名称：", 3, "kai", c)
        s.fill(x + 9, 37, who.name, 3.1, fit=79, area=area, slot=(x + 9, x + 89))
        s.text(x, 47, "统一社会信用代码/纳税人识别号：", 2.9, "kai", c)
        s.fill(x + 46, 47, who.code, 3, "hei" if sister else None, fit=43, area="购方税号" if who is buyer else None, slot=(x + 45, x + 89))
    columns = (("项目名称", 24, "m"), ("规格型号", 65, "m"), ("单 位", 81, "m"), ("数 量", 101, "r"), ("单 价", 124, "r"), ("金 额", 155, "r"), ("税率/征收率", 171, "m"),
            ("税 额", 202, "r"))
    for label, x, at in columns:
        s.text(x, 54.6, label, 2.9, "kai", c, at)
    for i, item in enumerate(items):
        row = (item.full, item.spec, item.unit, str(item.count), f"{item.price:.2f}", v.money(item.amount), item.rate_text, item.tax_text)
        for (_, x, at), text, fit in zip(columns, row, (46, 20, 10, 16, 20, 28, 14, 26)):
            s.fill(7 if x == 24 else x, 59.5 + i * 4.6, text, 2.8, at="l" if x == 24 else at, fit=fit, area="具体信息" if i == 0 and x == 24 else None, slot=(6.8, 53))
    s.text(28, 92.5, "合        计", 3, "kai", c, "m")
    s.fill(155, 92.5, "¥" + v.money(amount), 3, at="r", area="合计金额", slot=(128, 157))
    s.fill(202, 92.5, "¥" + v.money(tax) if tax else "***", 3, at="r")
    s.text(32, 100, "价税合计（大写）", 3, "kai", c, "m")
    s.fill(61, 100, "⊗", 3.2)
    s.fill(66.5, 100, v.total_words(amount + tax), 3.1, area="中文金额", slot=(65.8, 140), fit=73)
    s.text(144, 100, "（小写）", 3, "kai", c)
    s.fill(156, 100, "¥" + v.money(amount + tax), 3.1, area="金额", slot=(156, 202))
    s.fill(15, 108, pick(r, ("购方开户银行:" + buyer.bank + "; 银行账号:" + buyer.account, "订单号:" + v.digits(r, 14), "")), 2.7, fit=180)
    s.text(20, 129, "开票人：", 3, "kai", c)
    s.fill(33, 129, v.person(r), 3)


def roll(s, r, sister):
    """增值税普通发票（卷票）, 76 mm wide."""
    c, day, seller, buyer = (150, 70, 74), v.Day(r, 2017, 2023), v.Company(r, place="深圳", long=0), v.Company(r, long=0)
    items, amount, tax = sums(r, int(r.integers(2, 5)), 30000, 0)
    code, number = f"0440319001{pick(r, '01')}7", v.digits(r, 8)
    title = ("深圳增值税普通发票", "深圳市购物小票", "广州增值税普通发票")[sister]
    s.text(38, 8, title, 4.6, "kai", c, "m", track=0.2)
    s.text(38, 14.5, "发 票 联" if sister != 1 else "欢 迎 光 临", 3.6, "kai", c, "m")
    pressed(r, s, seals.supervision(s.k, "深圳市税务局"), 38, 10, c, 0, 0.7, 0.1) if sister != 1 else None
    y = 22.0
    rows = [("发票代码", code, "发票代码"), ("发票号码", number, "发票号码"), ("机打号码", number, None), ("机器编号", "6617" + v.digits(r, 8), None), ("收款员", v.person(r), None)]
    if sister == 1:
        rows = [("流水号", v.digits(r, 14), None), ("款台", v.digits(r, 3), None), ("收银员", v.digits(r, 5), None)]
    for label, text, area in rows:
        s.fill(5, y, label + ":", 2.9)
        s.fill(20, y, text, 3 if area else 2.9, area=area, slot=(19.5, 52))
        y += 4.6
    for label, text, area in (("销售方名称", seller.name, "销售方名称"), ("纳税人识别号", seller.code, None), ("开票日期", day.iso, "日期"),
            ("购买方名称", buyer.name if chance(r, 0.8) else "个人", "客户名称"), ("纳税人识别号", buyer.code, None)):
        s.fill(5, y, label + ":", 2.9)
        s.fill(24, y, text, 2.9, fit=50, area=area, slot=(23.5, 74))
        y += 4.6
    for x, label in ((5, "项目"), (37, "单价"), (51, "数量"), (63, "金额")):
        s.fill(x, y + 1, label, 2.9)
    y += 5.6
    y_end = y + 37
    for i, item in enumerate(items):
        s.fill(5, y, item.full, 2.8, fit=66, area="具体信息" if i == 0 else None, slot=(4.5, 72))
        s.fill(46, y + 4, f"{item.price:.2f}", 2.8, at="r")
        s.fill(56, y + 4, str(item.count), 2.8, at="r")
        s.fill(72, y + 4, v.money(item.amount + item.tax), 2.8, at="r")
        y += 8.6
    y = y_end
    s.fill(5, y, "合计金额(小写):", 2.9)
    s.fill(29, y, "¥" + v.money(amount + tax), 3.4, area="金额", slot=(28.5, 60))
    s.fill(5, y + 5.2, "合计金额(大写):", 2.9)
    s.fill(29, y + 5.2, v.words(amount + tax), 2.9, fit=45, area="中文金额", slot=(28.5, 74))
    if sister != 1:
        check = v.digits(r, 20)
        s.fill(5, y + 10.4, "校验码:", 2.9)
        s.fill(17, y + 10.4, check, 2.9, area="校验码", slot=(16.5, 60))
        s.qr(26, y + 15, 24, v.vat_qr("11", code, number, amount, day, check), printed=True)
        if chance(r, 0.6):
            pressed(r, s, seals.oval_seal(s.k, seller.name, seller.code), 50, y + 26)


def vehicle(s, r, sister, used):
    """机动车 and 二手车销售统一发票: tall sheets of labelled rows."""
    c = (52, 66, 120) if used else (110, 70, 48)
    buyer, seller, day = v.Company(r), v.Company(r, "汽车销售服务"), v.Day(r, 2018, 2024)
    person = chance(r, 0.5)
    price = int(r.integers(3200, 52000) if used else r.integers(6980, 38800)) * 1000
    title = (("二手车销售统一发票", "旧机动车交易凭证", "") if used else ("机动车销售统一发票", "摩托车销售专用发票", ""))[sister]
    s.text(108, 11, title, 6.8, "kai", c, "m", track=1)
    if title and "凭证" not in title:
        s.text(108, 18, "发 票 联", 4.4, "kai", c, "m")
        pressed(r, s, seals.supervision(s.k, "国家税务总局监制"[:6]), 108, 12, c, 0, 0.7, 0.1)
    code, number = f"1{pick(r, list(v.names.PROVINCES))}00{day.y % 100}{v.digits(r, 5)}", v.digits(r, 8)
    s.text(160, 12, "发票代码", 3.2, "kai", c)
    s.text(176, 12, code, 4.2, "songmono", (44, 44, 56), area="发票代码", slot=(175, 208))
    s.text(160, 18, "发票号码", 3.2, "kai", c)
    s.text(176, 18, number, 4.4, "songhack", (40, 44, 90), area="发票号码", slot=(175, 200))
    s.text(10, 25, "开票日期", 3.2, "kai", c)
    s.fill(27, 25, day.iso, 3.4, area="日期", slot=(26, 56))
    vin = "L" + "".join(pick(r, "ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(9)) + v.letters(r, 1) + v.digits(r, 6)
    brand = pick(r, ("比亚迪BYD7152WT6HEV4", "大众汽车SVW71810CJ", "丰田牌GTM7201CHEVM", "别克牌SGM6531UBA4", "东风日产DFL7168VBL2", "长安牌SC6469ABA6.HEV", "吉利牌MR7153PHEV14",
            "特斯拉牌TSL7000BEVAR2"))
    name = v.person(r) if person else buyer.name
    if used:
        rows = [[("买方单位/个人", name, "客户名称", 46), ("单位代码/身份证号码", v.masked_id(r) if person else buyer.code, "身份证号码", 148)],
                [("买方单位/个人住址", buyer.address, None, 46), ("电话", buyer.phone, None, 148)],
                [("卖方单位/个人", v.person(r) if chance(r, 0.6) else seller.name, None, 46), ("单位代码/身份证号码", v.masked_id(r), None, 148)],
                [("卖方单位/个人住址", seller.address, None, 46), ("电话", seller.phone, None, 148)],
                [("车牌照号", v.plate(r), "车牌照号", 46), ("登记证号", v.digits(r, 12), None, 100), ("车辆类型", pick(r, ("小型轿车", "小型普通客车")), None, 164)],
                [("车架号/车辆识别代码", vin, "车架号", 46), ("厂牌型号", brand, None, 148)],
                [("车价合计（大写）", v.words(price, "元"), "中文金额", 46), ("小写 ￥", v.money(price), "金额", 148)],
                [("二手车交易市场", buyer.city + "市旧机动车交易市场有限公司", None, 46), ("纳税人识别号", v.credit_code(r), None, 148)]]
    else:
        rows = [[("机打代码", code, None, 34), ("税控码", "".join(pick(r, "0123456789+-*/<>") for _ in range(36)), None, 104)],
                [("购买方名称及身份证号码", name, "客户名称", 46), ("纳税人识别号", "" if person else buyer.code, None, 150)],
                [("车辆类型", pick(r, ("轿车", "多用途乘用车", "纯电动轿车")), None, 34), ("厂牌型号", brand, "厂牌型号", 100), ("产地", buyer.city, None, 182)],
                [("合格证号", v.letters(r, 2) + v.digits(r, 13), None, 34), ("进口证明书号", "", None, 104), ("商检单号", "", None, 176)],
                [("发动机号码", v.letters(r, 3) + v.digits(r, 6), "发动机号码", 34), ("车辆识别代号/车架号码", vin, "车架号码", 136)],
                [("价税合计", "⊗ ", None, 34), ("", v.words(price), "中文金额", 40), ("小写", "¥" + v.money(price), "金额", 150)],
                [("销货单位名称", seller.name, None, 34), ("电话", seller.phone, None, 164)],
                [("纳税人识别号", seller.code, None, 34), ("账号", seller.account, None, 150)],
                [("增值税税率", "13%", None, 34), ("增值税税额", "¥" + v.money(round(price / 1.13 * 0.13)), None, 84),
                        ("不含税价", "¥" + v.money(price - round(price / 1.13 * 0.13)), None, 160)]]
    if sister == 2:
        rows = rows[::-1]
    vehicle_rows(s, r, rows, c, 9.6 if used else 9.0)
    if chance(r, 0.6):
        pressed(r, s, seals.oval_seal(s.k, seller.name, seller.code), 176, 118)


def vehicle_rows(s, r, rows, c, step):
    top = 30.0
    bottom = top + step * len(rows)
    s.box(8, top, 208, bottom, c, 0.35)
    for i, row in enumerate(rows):
        y = top + (i + 0.5) * step
        if i:
            s.lines(c, 0.25, (8, top + i * step, 208, top + i * step))
        for j, (label, text, area, x) in enumerate(row):
            end = row[j + 1][3] - (30 if row[j + 1][0] and len(row[j + 1][0]) > 6 else 20) if j + 1 < len(row) else 206
            end = max(end, x + 24)
            if label:
                start = 10 if j == 0 else x - max(15, len(label) * 3.0) - 2
                s.text(start, y, label, 3 if len(label) < 9 else 2.7, "kai", c, fit=x - start - 2)
                s.lines(c, 0.2, (x - 1.5, y - step / 2, x - 1.5, y + step / 2))
                if j:
                    s.lines(c, 0.2, (start - 1.5, y - step / 2, start - 1.5, y + step / 2))
            if text:
                start_next = row[j + 1][3] - max(15, len(row[j + 1][0]) * 3.0) - 4.5 if j + 1 < len(row) and row[j + 1][0] else (206 if j + 1 == len(row) else x + 6)
                s.fill(x, y, text, 3.3, fit=start_next - x, area=area, slot=(x - 0.8, start_next))
    s.text(12, bottom + 6, "开票人", 3, "kai", c)
    s.fill(26, bottom + 6, v.person(r), 3.2)
    s.text(70, bottom + 6, "备注：一车一票", 3, "kai", c)


def motor(s, r, sister):
    vehicle(s, r, sister, False)


def used_car(s, r, sister):
    vehicle(s, r, sister, True)


def machine(s, r, sister):
    """通用机打发票: an own look in each province."""
    c = ((64, 60, 130), (150, 62, 46), (40, 112, 84))[sister]
    seller, buyer, day = v.Company(r, place="南京" if not sister else None), v.Company(r), v.Day(r, 2015, 2020)
    items, amount, tax = sums(r, int(r.integers(1, 5)), 200000, 0)
    amount += tax
    s.guilloche((214, 218, 238) if not sister else (240, 222, 214), 0.4)
    title = ("江苏省国家税务局通用机打发票", "四川省地方税务局通用机打发票", "河北省服务业专用发票")[sister]
    s.text(95, 10, title, 5.6, "serif-bold", c, "m", track=0.4)
    s.text(95, 17.5, "发 票 联", 4.4, "serif", c, "m")
    pressed(r, s, seals.supervision(s.k, title[:3] + "税务局"), 95, 12, (200, 50, 50), 0, 0.7, 0.2)
    x = 128 if not sister else 14
    code, number = f"1320{v.digits(r, 8)}", v.digits(r, 8)
    for i, (label, text, area) in enumerate((("发票代码", code, "发票代码"), ("发票号码", number, "发票号码"))):
        s.text(x, 24 + i * 6, label, 3.4, "serif", c)
        s.text(x + 17, 24 + i * 6, text, 4.2, "songmono", (176, 44, 50), area=None if sister else area, slot=(x + 16, x + 52))
    s.text(14, 30 if not sister else 36, "开票日期：", 3.2, "serif", c)
    s.fill(32, 30 if not sister else 36, day.iso, 3.4, area="日期", slot=(31, 60))
    s.text(66, 30 if not sister else 36, "行业分类：", 3.2, "serif", c)
    s.fill(84, 30 if not sister else 36, pick(r, ("商业", "服务业", "工业", "其他")), 3.4)
    y = 38 if not sister else 44
    for label, text, area in (("付款单位：", buyer.name, "客户名称"), ("收款单位：", seller.name, None)):
        s.fill(14, y, label, 3.4)
        s.fill(33, y, text, 3.4, fit=120, area=area, slot=(32, 130))
        y += 5.6
    for x, label in ((14, "项目"), (72, "规格"), (105, "数量"), (126, "单价"), (152, "金额")):
        s.fill(x, y, label, 3.3)
    for i, item in enumerate(items):
        yy = y + 5.4 + i * 5
        s.fill(14, yy, item.name, 3.3, fit=44, area="具体信息" if i == 0 else None, slot=(13.5, 60))
        s.fill(72, yy, item.spec, 3, fit=28)
        s.fill(112, yy, str(item.count), 3.3, at="r")
        s.fill(134, yy, f"{item.price:.2f}", 3.3, at="r")
        s.fill(160, yy, v.money(item.amount + item.tax), 3.3, at="r")
    s.fill(14, 86, "合计人民币(大写)：", 3.4)
    s.fill(46, 86, v.words(amount, "元", pick(r, "整正")), 3.4, area="中文金额", slot=(45, 116))
    s.fill(120, 86, "￥" + v.money(amount, True), 3.6, area="金额", slot=(119, 172))
    s.fill(14, 93, "开票人：" + v.person(r), 3.3)
    s.fill(70, 93, "收款单位（盖章有效）", 3.3)
    if chance(r, 0.8):
        pressed(r, s, seals.oval_seal(s.k, seller.name, seller.code), 164 + r.normal(0, 2), 86)
