/** What the page says when a mail cannot be shown any more. */
export type ViewWords = {
  language: string
  direction: 'ltr' | 'rtl'
  heading: string
  gone: string
  incomplete: string
  optOut: string
}

const ENGLISH: ViewWords = {
  language: 'en',
  direction: 'ltr',
  heading: 'This mail is not here',
  gone: 'It was deleted, or the details of the address that got it were. The way out of further mail works all the same.',
  incomplete: 'The link may have been cut off on its way. You can opt out of further mail here.',
  optOut: 'Opt out',
}

const GERMAN: ViewWords = {
  language: 'de',
  direction: 'ltr',
  heading: 'Diese Mail ist nicht hier',
  gone: 'Sie wurde gelöscht, oder die Angaben zu der Adresse, die sie bekam. Die Abmeldung von weiteren Mails funktioniert trotzdem.',
  incomplete: 'Der Link wurde unterwegs vielleicht abgeschnitten. Von weiteren Mails können Sie sich hier abmelden.',
  optOut: 'Abmelden',
}

const ARABIC: ViewWords = {
  language: 'ar',
  direction: 'rtl',
  heading: 'هذه الرسالة غير موجودة هنا',
  gone: 'حُذفت الرسالة، أو حُذفت بيانات العنوان الذي وصلت إليه. ومع ذلك يبقى إلغاء الاشتراك ممكنًا.',
  incomplete: 'ربما قُطع الرابط في الطريق. يمكنك إلغاء الاشتراك في الرسائل القادمة من هنا.',
  optOut: 'إلغاء الاشتراك',
}

/** The words of a language; English where there are none. */
export function viewWords(language: string): ViewWords {
  return { en: ENGLISH, de: GERMAN, ar: ARABIC }[language] ?? ENGLISH
}
