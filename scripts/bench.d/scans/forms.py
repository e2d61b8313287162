"""The known forms: how big, at how many dots per inch an office scans them, out of what printer.

HELD OUT: used_car, coach, parking, customs and hotel. Their failures must never be looked at while an engine is tuned: they say how
well it does with forms that nobody had in mind. The counts of them may be read, their pictures and answers not."""

from dataclasses import dataclass
from typing import Callable

import forms_office as office
import forms_travel as travel
import forms_vat as vat


@dataclass
class Form:
    name: str
    label: str
    draw: Callable
    width: float
    height: float
    dpis: tuple
    press: str = "laser"
    held_out: bool = False
    stamped: bool = True
    ruled: bool = False
    paper: tuple = (252, 251, 248)
    style: str = "song"


PAGE, STRIP, TICKET = (150, 180, 200, 220), (260, 280, 300), (300, 320)
FORMS = (
    Form("vat_special", "浙江增值税专用发票", vat.vat_special, 216, 140, PAGE, "needle", ruled=True),
    Form("digital", "电子发票（普通发票）", vat.digital, 210, 140, PAGE, stamped=False, ruled=True, style="song"),
    Form("vat_roll", "深圳增值税普通发票（卷票）", vat.roll, 76, 162, (200, 240), "laser", style="hei"),
    Form("motor", "机动车销售统一发票", vat.motor, 216, 140, PAGE, "needle", ruled=True),
    Form("used_car", "二手车销售统一发票", vat.used_car, 216, 140, PAGE, "needle", held_out=True, ruled=True),
    Form("machine", "江苏省国家税务局通用机打发票", vat.machine, 190, 100, PAGE, "needle"),
    Form("taxi", "杭州市出租汽车专用发票", travel.taxi, 56, 120, STRIP, "needle", stamped=False, style="dots16"),
    Form("train", "火车票", travel.train, 86, 54, TICKET, stamped=False),
    Form("coach", "湖南省道路客运统一发票", travel.coach, 124, 68, (240, 260), "needle", held_out=True, stamped=False, ruled=True),
    Form("flight", "航空运输电子客票行程单", travel.flight, 222, 86, PAGE[1:], "needle"),
    Form("toll", "安徽省高速公路车辆通行费发票", travel.toll, 58, 96, STRIP, stamped=False, style="serif"),
    Form("parking", "停车费收费凭证", travel.parking, 58, 124, STRIP, held_out=True, stamped=False),
    Form("fuel", "中国石化加油凭条", travel.fuel, 58, 96, STRIP, stamped=False, style="hei"),
    Form("quota", "陕西省国家税务局通用定额发票", office.quota, 120, 80, (220, 260)),
    Form("medical", "湖北省医疗门诊收费票据（电子）", office.medical, 210, 130, PAGE, ruled=True),
    Form("nontax", "福建省非税收入一般缴款书", office.nontax, 210, 112, PAGE, "needle", ruled=True),
    Form("customs", "海关进口增值税专用缴款书", office.customs, 212, 130, PAGE, "laser", held_out=True, ruled=True),
    Form("bank", "招商银行收款回单", office.bank, 210, 122, PAGE),
    Form("hotel", "锦澜湾国际大酒店宾客账单", office.hotel, 210, 297, (150, 170, 200), held_out=True),
    Form("express", "顺通速运电子运单", office.express, 98, 136, (200, 240), stamped=False),
)
