// Chinese: where other devices find the box, and its certificate.
export default {
  reach: {
    tab: '访问地址',
    title: '在手机或其他电脑上打开',
    code: '{url} 的二维码',
    scan: '用手机扫码，或在浏览器中输入：',
    hostName: '主机名是 {name}，有的网络中也可以用它代替地址。',
    loopback: '现在只有这台电脑能打开。要让其他设备也能打开，请停止服务，加上 --http 0.0.0.0:8080 --https 0.0.0.0:8443 重新启动。',
    plain_http: '服务启动时关闭了 HTTPS，其他设备不能登录。请去掉启动参数 --https off，或由管理员打开设置“允许明文 HTTP 登录”。',
    none: '这台电脑没有连接网络，连上以后刷新本页。',
    ca: '浏览器提示“不安全”？安装根证书',
    caWhy: '本系统的 HTTPS 证书是自己签发的。每台设备安装一次根证书，浏览器就不再提示，证书更新后也不用重装。',
    caGet: '下载根证书（ca.crt）',
    android: 'Android',
    ios: 'iPhone、iPad',
    stations: '测试工位（curl、Python）',
    windowsHow: '下载后双击 ca.crt，点“安装证书”。选“本地计算机”，再选“将所有的证书都放入下列存储”，浏览到“受信任的根证书颁发机构”。完成后重新打开浏览器。',
    androidHow: '下载后打开系统设置，搜索“CA 证书”。选“安装 CA 证书”，再选刚下载的 ca.crt。完成后重新打开浏览器。',
    iosHow: '用 Safari 下载，选“允许”。打开“设置”，点“已下载描述文件”并安装。再到“设置—通用—关于本机—证书信任设置”，打开 paperline 的开关。',
    stationsHow: '在测试工位上运行一次下面的命令，取得根证书。curl 加上参数 --cacert ca.pem。Python 的 requests 加上参数 verify="ca.pem"。',
    command: '取得根证书的命令',
  },
}
