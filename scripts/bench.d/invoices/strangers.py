"""Papers without templates. Not here: known forms (layouts.py)."""

from sheet import Sheet
from values import CITIES, GOODS, PEOPLE, STATIONS, clock, company, date, dated, digits, fen, figures, in_words, pick, tax_number


def bank_slip(rng):
    s = Sheet(1100, 560, 5.0, ink=(150, 40, 40))
    bank, total = pick(rng, ["中国工商银行", "中国建设银行", "招商银行", "中国农业银行"]), fen(rng)
    s.fixed(bank + " 客户回单", 360, 30, 36, "hei")
    s.frame(40, 100, 1060, 480)
    rows = [("付款人户名", company(rng)), ("付款人账号", digits(rng, 19)), ("收款人户名", company(rng)), ("收款人账号", digits(rng, 19)),
            ("金额（大写）", in_words(total)), ("金额（小写）", "￥" + figures(total, True)), ("摘要", pick(rng, GOODS)), ("交易日期", dated(date(rng), "cn"))]
    for i, (label, text) in enumerate(rows):
        s.fixed(label, 60, 112 + 46 * i, 23)
        s.value(None, text, 260, 112 + 46 * i, 23)
        s.rule(40, 146 + 46 * i, 1060, 146 + 46 * i)
    s.fixed("本回单不作为收款方发货依据", 60, 500, 22)
    return s


def letter(rng):
    s = Sheet(800, 1100, 4.0)
    s.fixed(pick(rng, ["关于召开年度工作会议的通知", "采购合同", "授权委托书", "情况说明"]), 220, 60, 34, "song-bold")
    words = ["根据公司安排", "经双方协商一致", "现将有关事项通知如下", "请各部门按时参加", "未尽事宜另行商定", "本协议一式两份", "特此通知", "具有同等法律效力"]
    for row in range(int(rng.integers(10, 22))):
        s.value(None, "，".join(pick(rng, words) for _ in range(3))[:27] + "。", 80, 140 + 40 * row, 23)
    s.value(None, company(rng), 400, 1030, 24)
    return s


def till(rng):
    s = Sheet(420, 900, 7.0)
    s.fixed(pick(rng, ["欢迎光临", "家家乐超市", "华联生活馆", "永和豆浆"]), 120, 40, 34, "hei")
    s.value(None, "单号：" + digits(rng, 14), 30, 110, 22)
    s.value(None, "日期：" + dated(date(rng), "dash") + " " + clock(rng, True), 30, 144, 22)
    for row in range(int(rng.integers(4, 12))):
        s.value(None, pick(rng, ["牛奶", "面包", "苹果", "洗衣液", "纸巾", "矿泉水", "酱油"]), 30, 200 + 36 * row, 22)
        s.value(None, figures(fen(rng, 20_000)), 300, 200 + 36 * row, 22, "mono")
    s.fixed("合计：", 30, 720, 26)
    s.value(None, figures(fen(rng, 50_000)), 260, 718, 28, "mono")
    s.fixed("谢谢惠顾", 150, 790, 28)
    return s


def boarding(rng):
    s = Sheet(1000, 420, 5.0, ink=(30, 60, 120))
    s.fixed("登机牌 BOARDING PASS", 60, 30, 36, "hei")
    for i, (label, text) in enumerate([("姓名 NAME", pick(rng, PEOPLE)), ("航班 FLIGHT", pick(rng, ["CA", "MU", "CZ"]) + digits(rng, 4)), ("日期 DATE", dated(date(rng), "slash")),
                                       ("座位 SEAT", digits(rng, 2) + pick(rng, "ABCF")), ("登机口 GATE", digits(rng, 2)), ("到达站 TO", pick(rng, CITIES))]):
        x, y = 60 + 320 * (i % 3), 120 + 120 * (i // 3)
        s.fixed(label, x, y, 24, "hei")
        s.value(None, text, x, y + 36, 32, "hei")
    return s


def hospital(rng):
    s = Sheet(1000, 700, 5.0, ink=(60, 90, 60))
    s.fixed(pick(rng, CITIES) + "市人民医院门诊收费票据", 270, 34, 34, "kai")
    for x, label, text in [(60, "业务流水号", digits(rng, 10)), (420, "医疗机构类型", "综合医院"), (760, "票号", digits(rng, 9))]:
        s.fixed(label, x, 100, 20)
        s.value(None, text, x + 130, 100, 20)
    s.frame(40, 140, 960, 560)
    for i, item in enumerate(["西药费", "检查费", "化验费", "治疗费", "挂号费", "材料费"]):
        s.fixed(item, 80, 160 + 50 * i, 24)
        s.value(None, figures(fen(rng, 100_000)), 300, 160 + 50 * i, 24)
    total = fen(rng)
    s.fixed("金额合计（大写）", 60, 500, 22)
    s.value(None, in_words(total), 260, 500, 22)
    s.value(None, figures(total), 760, 500, 22)
    s.fixed("医保统筹支付", 60, 600, 22)
    return s


def waybill(rng):
    s = Sheet(900, 560, 6.0)
    s.fixed("国内快递运单", 300, 30, 40, "hei-bold")
    s.value(None, "SF" + digits(rng, 13), 540, 90, 34, "mono")
    for i, side in enumerate(["寄件人", "收件人"]):
        y = 150 + 150 * i
        s.frame(40, y, 860, y + 130)
        s.fixed(side, 60, y + 20, 26, "hei")
        s.value(None, pick(rng, PEOPLE) + " 1" + digits(rng, 10), 180, y + 18, 26)
        s.value(None, company(rng), 180, y + 70, 26)
    s.fixed("付款方式", 60, 470, 24)
    s.value(None, pick(rng, ["寄付现结", "到付", "月结"]), 200, 470, 24)
    return s


def flight(rng):
    s = Sheet(1100, 520, 5.0, paper=(246, 240, 250), ink=(90, 50, 110))
    s.fixed("航空运输电子客票行程单", 370, 30, 34, "hei")
    s.value(None, "印刷序号：" + digits(rng, 11), 780, 80, 22)
    s.fixed("旅客姓名", 60, 120, 20)
    s.value(None, pick(rng, PEOPLE), 60, 150, 24)
    s.fixed("有效身份证件号码", 320, 120, 20)
    s.value(None, digits(rng, 18), 320, 150, 24)
    for row in range(2):
        s.value(None, f"{pick(rng, CITIES)} {pick(rng, ['MU', 'CA'])}{digits(rng, 4)} Y {dated(date(rng), 'dash')} {clock(rng)} 20K", 60, 210 + 50 * row, 24)
    s.fixed("票价", 60, 340, 20)
    s.fixed("民航发展基金", 340, 340, 20)
    s.fixed("合计", 860, 340, 20)
    s.value(None, "CNY " + figures(fen(rng, 300_000)), 60, 370, 24)
    s.value(None, "CNY 50.00", 340, 370, 24)
    s.value(None, "CNY " + figures(fen(rng, 300_000)), 860, 370, 24)
    return s


def tax_payment(rng):
    s = Sheet(1000, 640, 5.0, ink=(40, 40, 120))
    s.fixed("中华人民共和国税收完税证明", 260, 40, 36, "kai")
    s.fixed("No.", 690, 90, 24)
    s.value(None, digits(rng, 18), 740, 90, 24)
    s.fixed("填发日期", 60, 130, 22)
    s.value(None, dated(date(rng), "cn"), 180, 130, 22)
    s.fixed("纳税人识别号", 60, 180, 22)
    s.value(None, tax_number(rng), 220, 180, 22)
    s.fixed("纳税人名称", 520, 180, 22)
    s.value(None, company(rng, 14), 650, 180, 22)
    s.frame(50, 220, 950, 520)
    for x, label in [(70, "原凭证号"), (240, "税种"), (400, "品目名称"), (560, "税款所属时期"), (800, "实缴金额")]:
        s.fixed(label, x, 234, 22)
    for row in range(3):
        s.value(None, pick(rng, ["增值税", "印花税", "企业所得税"]), 240, 280 + 44 * row, 22)
        s.value(None, figures(fen(rng)), 800, 280 + 44 * row, 22)
    return s


STRANGERS = [bank_slip, letter, till, boarding, hospital, waybill, flight, tax_payment]
