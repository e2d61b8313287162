// Chinese: the search of all pages.
export default {
  find: {
    title: '查找',
    placeholder: '页面、#5、发票号码、金额、序列号……',
    hint: '可以输入页面名称、#5（5 号发票）、任务 5、发票号码、日期、金额、文件名、序列号、CPUID、模板、用户名，或日志里的词。',
    looking: '正在查找…',
    found: '{n} 条结果，用 ↑ ↓ 选择，按 Enter 打开',
    none: '没有找到“{text}”',
    recent: '最近打开',
    all: '查看全部 {n} 条',
    group: { pages: '页面', invoices: '发票', tasks: '任务', devices: '设备', templates: '模板', people: '用户', log: '日志' },
  },
}
