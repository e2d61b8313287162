// Chinese: the box's clock and time zone.
export default {
  clock: {
    none: '暂时无法自动分配序列号：{why}',
    noneNow: '系统时间是 {now}（{zone}）。请管理员校正；在此之前仍可手动指定序列号注册。',
    zone: '时区',
    zoneAsk: '尚未设置时区。系统目前按 {zone} 计时，现在是 {now}；序列号的周数和所有记录都以此为准。',
    now: '系统时间',
    newest: '最近一条记录',
    built: '程序构建时间',
    notSet: '（未设置，取自系统）',
  },
}
