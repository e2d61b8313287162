// Chinese: scan guns.
export default {
  gun: {
    title: '扫码枪设置',
    short: '扫码枪',
    catcher: '扫码输入',
    explain: '请用扫码枪扫描下面的二维码，系统会记下它的速度、结束符和前缀。',
    waiting: '等待扫描…',
    learnt: '已记住这把扫码枪，可以使用了',
    other: '收到的是“{text}”，不是上面的二维码。请检查扫码枪的键盘布局（应为美式英语），并切换到英文输入法，再扫一次。',
    case: '收到的是“{text}”，大小写不对。请关闭键盘或扫码枪的大写锁定，再扫一次。',
    gap: '按键最大间隔（毫秒）',
    suffix: '结束符',
    prefix: '前缀',
    noPrefix: '无',
    any: '自动识别',
    suffixes: { cr: '回车（CR）', lf: '换行（LF）', crlf: '回车换行（CR LF）', tab: '制表符（Tab）', none: '无' },
    kept: '设置保存在本浏览器中。每台电脑、每把扫码枪设置一次即可。',
    forget: '恢复自动识别',
  },
}
