// English: where other devices find the box, and its certificate.
import type words from '../zh-CN/reach'

export default {
  reach: {
    tab: 'Addresses',
    title: 'Open on a phone or another computer',
    code: 'QR code of {url}',
    scan: 'Scan it with a phone, or type into a browser:',
    hostName: 'The host name is {name}; in some networks it works instead of the address.',
    loopback: 'Only this computer reaches the box now. For other devices, stop it and start it again with --http 0.0.0.0:8080 --https 0.0.0.0:8443.',
    plain_http: 'The box was started without HTTPS, so other devices can’t log in. Start it without --https off, or have an administrator turn on “Allow log-in over plain HTTP”.',
    none: 'This computer is in no network. Connect it, then reload this page.',
    ca: 'The browser says “not secure”? Install the root certificate',
    caWhy: 'The box signs its HTTPS certificate itself. Install its root certificate once on each device, and browsers no longer warn, also after the certificate is renewed.',
    caGet: 'Root certificate (ca.crt)',
    android: 'Android',
    ios: 'iPhone, iPad',
    stations: 'Test stations (curl, Python)',
    windowsHow: 'Download ca.crt, double-click it and choose Install Certificate. Choose Local Machine, then “Place all certificates in the following store”, and browse to Trusted Root Certification Authorities. Then open the browser anew.',
    androidHow: 'Download it, open the system’s settings and search for “CA certificate”. Choose to install a CA certificate, then the ca.crt just downloaded. Then open the browser anew.',
    iosHow: 'Download it in Safari and choose Allow. Open Settings, tap Profile Downloaded and install it. Then turn paperline on under Settings – General – About – Certificate Trust Settings.',
    stationsHow: 'Run the command below once on the test station, which fetches the root certificate. With curl, add --cacert ca.pem. With Python’s requests, add verify="ca.pem".',
    command: 'Command that fetches the root certificate',
  },
} satisfies typeof words
