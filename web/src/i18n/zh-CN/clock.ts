// Chinese: the box's clock and time zone.
export default {
  clock: {
    none: '暂时无法自动分配序列号：{why}',
    noneNow: '系统时间是 {now}（{zone}）。请管理员校正；在此之前仍可手动指定序列号注册。',
    zone: '时区',
    zoneAsk: '是这个时间吗？尚未设置时区，系统目前按 {zone} 计时；序列号的周数和所有记录都以系统时间为准。',
    ofBox: '系统时间',
    ofBoxIn: '改用 {zone} 后的系统时间',
    ofBrowser: '此浏览器的时间',
    off: '系统时间不准',
    ahead: '系统时间比此浏览器快 {span}。',
    behind: '系统时间比此浏览器慢 {span}。',
    set: '请在服务器上校正时间：Linux 运行 timedatectl set-ntp true，Windows 在“设置—时间和语言—日期和时间”中点“立即同步”。不准的若是此浏览器，请校正这台设备。',
    now: '系统时间',
    newest: '最近一条记录',
    built: '程序构建时间',
    notSet: '（未设置，取自系统）',
  },
}
