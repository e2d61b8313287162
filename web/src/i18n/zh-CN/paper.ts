// Chinese: what is printed.
export default {
  paper: {
    print: '打印',
    invoice: '发票 #{id} · {label}',
    invoices: '发票清单',
    all: '全部发票',
    words: '搜索',
    is: '{name}：{words}',
    rising: '按{column}升序',
    falling: '按{column}降序',
    part: '只打印了前 {n} 张，共 {total} 张。合计为全部发票的合计。',
    rows: '只打印了 {n} 条，其余请导出。',
    pages: '只打印了前 {n} 页，共 {all} 页。',
    counted: '计入合计',
    notCounted: '不计入合计',
    printed: '{user} 打印于 {time}',
  },
}
