// Chinese: logging in and passwords.
export default {
  login: {
    subtitle: '设备标签与发票识别',
    name: '用户名',
    password: '密码',
    submit: '登录',
    capsLock: '大写锁定已开启',
    fillBoth: '请输入用户名和密码',
    userError: '用户名不存在，请检查后重新输入',
    passwdError: '密码错误，请重新输入',
    locked: '密码错误次数过多，请 {seconds} 秒后再试',
    lockedShort: '密码错误次数过多，请稍后再试',
    unlocked: '现在可以重新登录了',
    goSecure: '改用加密连接（HTTPS）登录',
  },
  password: {
    change: '修改密码',
    changeNow: '立即修改',
    old: '当前密码',
    new: '新密码',
    again: '确认新密码',
    fillAll: '请填写当前密码和新密码',
    differ: '两次输入的新密码不一致',
    same: '新密码不能与当前密码相同',
    short: '新密码至少 8 个字符',
    done: '密码已修改，其他设备上的登录已失效',
  },
}
