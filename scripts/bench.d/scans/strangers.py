"""Papers of an office that no template is for."""

import numpy as np

import names
import seals
import values as v
from seals import pressed
from sheet import Press, Sheet
from values import chance, pick

BLACK, GREY = (30, 30, 32), (110, 110, 114)
CLAUSES = ("甲乙双方经友好协商，就下列货物的采购事宜达成如下协议，以资共同遵守。|一、乙方应于合同签订后十五个工作日内将货物送至甲方指定地点，运费由乙方承担。|二、货物质量应符合国家现行标准，甲方自收货之日起七日内提出异议。|"
           "三、付款方式：货到验收合格后三十日内，甲方凭乙方开具的增值税专用发票转账支付。|四、任何一方违约，应按合同总金额的百分之五向对方支付违约金。|五、因不可抗力致使合同不能履行的，双方互不承担责任。|"
           "六、本合同未尽事宜，由双方另行协商；协商不成的，向甲方所在地人民法院提起诉讼。|七、本合同一式两份，双方各执一份，自盖章之日起生效。").split("|")
LETTER = ("贵司上月来函收悉，关于展会期间样品运输破损一事，我司深表歉意。|经与承运方核对签收记录，外箱于转运途中受潮变形，责任不在贵司。|我们已安排补发同型号样品两套，预计本周五前送达贵司前台。|"
          "另附上最新报价单及产品目录，烦请转交采购部的同事审阅。|如对规格尚有疑问，请随时来电，我们的工程师可上门说明。|顺祝商祺！").split("|")


def wrapped(s, x, y, text, height, wide, step, style="song", colour=BLACK):
    per = int(wide / height)
    for i in range(0, len(text), per):
        s.text(x, y, text[i : i + per], height, style, colour)
        y += step
    return y


def table(s, x, y, widths, step, rows, height=3.1, style="song", c=BLACK):
    total = sum(widths)
    for i, row in enumerate(rows):
        s.lines(c, 0.2, (x, y + i * step, x + total, y + i * step))
        left = x
        for wide, text in zip(widths, row):
            s.text(left + 1.2, y + (i + 0.5) * step, str(text), height, style, c, fit=wide - 2) if text != "" else None
            left += wide
    bottom, left = y + len(rows) * step, x
    s.lines(c, 0.2, (x, bottom, x + total, bottom))
    for wide in (*widths, 0):
        s.lines(c, 0.2, (left, y, left, bottom))
        left += wide
    return bottom


def contract(r, dpi):
    s, a, b = Sheet(r, 210, 297, dpi), v.Company(r), v.Company(r)
    s.text(105, 24, pick(r, ("产 品 购 销 合 同", "设备采购合同", "技术服务协议")), 7, "serif-bold", BLACK, "m")
    s.text(140, 36, f"合同编号：{v.letters(r, 2)}-{v.Day(r).y}-{v.digits(r, 4)}", 3.6, "song")
    y = 48
    for text in (f"甲方：{a.name}", f"乙方：{b.name}", *CLAUSES[: int(r.integers(5, 9))]):
        y = wrapped(s, 24, y, text if text[1] == "方" else "　　" + text, 4.0, 162, 7.4) + 2
    for x, who, side in ((24, a, "甲"), (114, b, "乙")):
        s.text(x, 240, f"{side}方（盖章）：{who.name}", 3.6, "song", fit=86)
        s.text(x, 250, "代表签字：", 3.6, "song")
        pressed(r, s, seals.round_seal(s.k, who.name, "合同专用章"), x + 40, 246)
    return s


def delivery(r, dpi):
    s, a, b = Sheet(r, 210, 140, dpi, press=Press("needle", r, 0.2)), v.Company(r), v.Company(r)
    s.text(105, 12, a.name, 5.4, "serif", BLACK, "m")
    s.text(105, 20, pick(r, ("送 货 单", "销售出库单", "发 货 清 单")), 5.4, "serif-bold", BLACK, "m")
    s.text(14, 28, "客户：" + b.name, 3.4, "song")
    s.text(140, 28, "单号：XS-" + v.digits(r, 10), 3.4, "song")
    items = [v.Item(r) for _ in range(int(r.integers(3, 8)))]
    rows = [("序号", "品名", "规格", "单位", "数量", "单价", "金额")] + [(i + 1, t.name, t.spec, t.unit, t.count, f"{t.price:.2f}", v.money(t.amount)) for i,
            t in enumerate(items)]
    y = table(s, 14, 34, (12, 52, 42, 14, 18, 22, 24), 7.4, rows)
    s.text(14, y + 6, "合计金额：" + v.words(sum(t.amount for t in items), "元"), 3.4, "song")
    s.text(14, y + 14, "送货人：        收货人签字：            白联存根 红联客户 黄联回单", 3.2, "song")
    return s


def payslip(r, dpi):
    s = Sheet(r, 210, 70, dpi)
    s.text(105, 9, f"{v.Company(r).name} {v.Day(r).y}年{r.integers(1, 13)}月工资条", 4.4, "hei", BLACK, "m")
    base = [int(x) * 10 for x in r.integers(20, 900, 8)]
    table(s, 8, 18, (20, 18, 24, 24, 24, 24, 24, 34), 9, [("姓名", "部门", "基本工资", "绩效奖金", "加班费", "社保", "公积金", "实发合计"),
            (v.person(r), pick(r, ("财务部", "生产部", "市场部")), *base[:5], sum(base[:3]))], style="hei")
    s.text(8, 48, "工资保密，如有疑问请于三日内联系人力资源部。", 3.2, "hei", GREY)
    return s


def badge(r, dpi):
    """A card with a picture's place and no person's data."""
    s = Sheet(r, 86, 54, dpi + 60, (232, 240, 248))
    s.guilloche((190, 208, 232), 0.4)
    for i, label in enumerate(("姓 名  （样证）", "性 别  —   民 族  —", "出 生  ————年——月——日", "住 址  （复印件仅供存档）")):
        s.text(6, 10 + i * 7.5, label, 3.2, "hei", (50, 80, 130))
    s.text(6, 46, "公民身份号码  ******************", 3.4, "hei", (50, 80, 130))
    s.box(60, 8, 80, 36, (140, 150, 160), 0.2, (200, 206, 212))
    return s


def menu(r, dpi):
    s = Sheet(r, 150, 210, dpi, (252, 244, 226))
    s.text(75, 16, pick(r, ("老灶房家常菜", "巷子口面馆", "渔家码头大排档")), 9, "wenkai-bold", (150, 40, 30), "m")
    for i in range(int(r.integers(12, 20))):
        y = 34 + i * 8.4
        dish = pick(r, ("辣椒炒肉", "酸菜鱼", "蒜蓉空心菜", "糖醋排骨", "番茄牛腩煲", "手撕包菜", "葱油拌面", "皮蛋豆腐", "干锅花菜", "清蒸鲈鱼", "红油抄手", "米饭（位）", "冰镇酸梅汤"))
        s.text(16, y, dish, 4.6, "wenkai", (60, 40, 30))
        s.text(76, y, "····················", 4, "wenkai", (180, 150, 120), fit=44)
        s.text(136, y, f"{r.integers(2, 98)}元", 4.6, "wenkai", (150, 40, 30), "r")
    return s


def chat(r, dpi):
    """A phone's screen."""
    s = Sheet(r, 70, 150, 400, (237, 237, 237))
    s.text(35, 4, f"{r.integers(7, 23)}:{r.integers(10, 60)}", 2.4, "hei", BLACK, "m")
    s.text(35, 11, pick(r, ("财务小组（6）", "王会计", "采购对接群（18）")), 3.2, "hei", BLACK, "m")
    y = 20.0
    for _ in range(int(r.integers(6, 10))):
        text = pick(r, ("发票寄出了吗", "金额好像不对，您再核一下", f"单号 SF{v.digits(r, 12)}", "收到，谢谢[抱拳]", "税号发您：" + v.credit_code(r), f"转账 ¥{r.integers(10, 9000)}.00 已收款",
                "明天上午十点开会别忘了", "好的", "麻烦补一张小票照片"))
        mine = chance(r, 0.5)
        wide = min(48, len(text) * 2.9 + 5)
        x = 60 - wide if mine else 10
        s.box(x, y, x + wide, y + 8, (149, 236, 105) if mine else (255, 255, 255), 0.1, (149, 236, 105) if mine else (255, 255, 255))
        s.text(x + 2.5, y + 4, text, 2.9, "hei", BLACK, fit=wide - 5)
        s.box(61.5 if mine else 2.5, y, 67.5 if mine else 8.5, y + 6, GREY, 0.1, tuple(int(c) for c in r.integers(60, 220, 3)))
        y += 12.5
    return s


def letter(r, dpi):
    s, a = Sheet(r, 210, 297, dpi), v.Company(r)
    s.text(105, 20, a.name, 6, "serif-bold", (180, 30, 30), "m", fit=180)
    s.lines((180, 30, 30), 0.6, (24, 28, 186, 28))
    s.text(105, 44, pick(r, ("关于样品补发的复函", "工 作 联 系 函", "通    知")), 6, "serif-bold", BLACK, "m")
    y = 62
    for text in ("尊敬的合作伙伴：", *["　　" + LETTER[int(i)] for i in r.permutation(5)[:4]], "　　" + LETTER[5]):
        y = wrapped(s, 28, y, text, 4.6, 156, 9, pick(r, ("song", "kai"))) + 1
    s.text(182, y + 12, a.name, 4.4, "song", BLACK, "r", fit=120)
    s.text(182, y + 22, v.Day(r).cn, 4.4, "song", BLACK, "r")
    pressed(r, s, seals.round_seal(s.k, a.name, ""), 150, y + 14)
    return s


def blank(r, dpi):
    """Nothing, or ruled lines and a hole punch's marks."""
    s = Sheet(r, 210, 297, dpi, pick(r, ((252, 252, 250), (246, 240, 226))))
    if chance(r, 0.6):
        s.lines((180, 200, 220), 0.2, *[(15, y, 195, y) for y in np.arange(25.0, 285.0, pick(r, (7, 8, 10)))])
    return s


def spreadsheet(r, dpi):
    s = Sheet(r, 297, 210, dpi)
    s.text(148, 12, f"{v.Day(r).y}年{r.integers(1, 13)}月{pick(r, ('费用报销汇总表', '库存盘点表', '应收账款账龄分析'))}", 5, "hei-bold", BLACK, "m")
    rows = [("序号", "日期", "摘要", "经办人", "预算科目", "借方", "贷方", "余额", "备注")]
    for i in range(int(r.integers(14, 24))):
        item, day = v.Item(r), v.Day(r)
        rows.append((i + 1, day.slash, item.name, v.person(r), item.kind, v.money(item.amount, True), "", v.money(int(r.integers(1, 9000000)), True), ""))
    table(s, 10, 20, (12, 26, 62, 22, 44, 30, 24, 34, 23), 7.2, rows, 2.9, "hei")
    return s


def deposit(r, dpi):
    """A bank's slip filled in by hand."""
    s = Sheet(r, 190, 95, dpi, (250, 250, 240))
    bank = pick(r, names.BANKS)
    s.text(95, 10, bank + pick(r, (" 现金存款凭条", " 进账单（回单）", " 电汇凭证")), 5.2, "serif", (30, 90, 70), "m")
    c = (30, 90, 70)
    s.box(8, 18, 182, 80, c, 0.3)
    s.lines(c, 0.2, *[(8, y, 182, y) for y in (30, 42, 54, 66)], (34, 18, 34, 80))
    for i, (label, text) in enumerate((("户名", v.Company(r).name), ("账号", v.digits(r, 19)), ("开户行", bank), ("金额", v.words(int(r.integers(1, 900000)) * 100, "元")),
            ("用途", pick(r, ("货款", "备用金", "押金"))))):
        s.text(11, 24 + i * 12, label, 3.4, "serif", c)
        s.text(38, 24 + i * 12 + r.normal(0, 0.6), text, 4.4, "wenkai", (40, 50, 120), fit=130)
    return s


def licence(r, dpi):
    s, a = Sheet(r, 297, 210, dpi, (252, 250, 240)), v.Company(r)
    s.guilloche((236, 224, 190), 0.4)
    s.box(8, 8, 289, 202, (190, 160, 90), 1.6)
    s.text(148, 40, "营 业 执 照", 16, "serif-bold", BLACK, "m")
    s.text(30, 62, "统一社会信用代码 " + a.code, 4.4, "hei")
    for i, (label, text) in enumerate((("名    称", a.name), ("类    型", "有限责任公司（自然人投资或控股）"), ("法定代表人", v.person(r)), ("注册资本", pick(r, ("壹佰万元整", "伍佰万元整", "壹仟万元整"))),
            ("成立日期", v.Day(r).cn), ("住    所", a.address))):
        s.text(30, 82 + i * 13, label, 5, "kai")
        s.text(70, 82 + i * 13, text, 5, "song", fit=190)
    s.qr(246, 60, 26, v.digits(r, 60))
    pressed(r, s, seals.round_seal(s.k, a.city + "市市场监督管理局", "", 46), 230, 166)
    return s


def handwriting(r, dpi):
    """A receipt that somebody wrote on a leaf of a block."""
    s = Sheet(r, 175, 85, dpi, (250, 246, 236))
    c = (160, 40, 60)
    s.text(88, 11, "收  款  收  据", 6.4, "serif-bold", c, "m")
    s.text(140, 11, "№ " + v.digits(r, 7), 4.6, "times", c)
    cents, ink = int(r.integers(2, 30000)) * 100, (36, 44, 130)
    for i, (label, text) in enumerate((("今收到", v.Company(r, long=0).name), ("交  来", pick(r, ("房租押金", "三月份水电费", "货款尾款", "会费"))), ("人民币（大写）", v.words(cents, "元")),
            ("￥", v.money(cents)))):
        y = 28 + i * 12
        s.text(12, y, label, 4, "serif", c)
        s.lines(c, 0.2, (40, y + 4, 160, y + 4))
        s.text(44, y + r.normal(0, 0.7), text, 5.2, "wenkai", ink, fit=112)
    s.text(12, 78, "收款单位（公章）        经手人：", 3.6, "serif", c)
    pressed(r, s, seals.any_seal(r, s.k, v.Company(r)), 50, 66)
    return s


def statement(r, dpi):
    """Pages of a bank's account."""
    s = Sheet(r, 210, 297, dpi)
    s.text(105, 16, pick(r, names.BANKS) + "账户交易明细", 5.6, "serif-bold", BLACK, "m")
    s.text(14, 26, f"户名：{v.Company(r).name}    账号：{v.digits(r, 16)}    币种：人民币", 3.2, "song", fit=180)
    rows = [("交易日", "摘要", "支出", "收入", "余额", "对方户名")]
    for _ in range(int(r.integers(18, 30))):
        out, cents = chance(r, 0.5), int(r.integers(100, 9000000))
        rows.append((v.Day(r).plain, pick(r, ("转账", "手续费", "利息", "代扣税", "货款")), v.money(cents, True) if out else "", "" if out else v.money(cents, True),
                v.money(int(r.integers(1, 99999999)), True), v.Company(r).name))
    table(s, 14, 32, (22, 18, 28, 28, 32, 54), 7.6, rows, 2.8)
    return s


ALL = (contract, delivery, payslip, badge, menu, chat, letter, blank, spreadsheet, deposit, licence, handwriting, statement)
