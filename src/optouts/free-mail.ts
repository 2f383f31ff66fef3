/** Domains of free mail, whose owners let nobody else send in their name (MP-3). */
const FREE_MAIL = new Set(
  `gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.co.in yahoo.co.jp ymail.com
   rocketmail.com aol.com outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.de hotmail.fr hotmail.it
   live.com live.co.uk live.de msn.com icloud.com me.com mac.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de
   freenet.de mail.ru bk.ru inbox.ru list.ru yandex.ru yandex.com ya.ru qq.com 163.com 126.com sina.com protonmail.com
   proton.me pm.me zoho.com mail.com fastmail.com tutanota.com laposte.net orange.fr wanadoo.fr free.fr libero.it
   virgilio.it bluewin.ch comcast.net verizon.net att.net btinternet.com seznam.cz wp.pl o2.pl onet.pl interia.pl
   rediffmail.com naver.com daum.net hanmail.net`.split(/\s+/),
)

export const isFreeMail = (address: string) => FREE_MAIL.has(address.slice(address.lastIndexOf('@') + 1).toLowerCase())
