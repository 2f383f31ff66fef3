/** What the footer of a mailing says, in the account's language; the wording is fixed for every sender. */
export type FooterWords = {
  language: string
  direction: 'ltr' | 'rtl'
  optOut: string
  preferences: string
  view: string
  /** Begins with the masked address's place, {address}. */
  sentTo: string
  belongs: string
  forwarded: string
  signUp: string
}

const ENGLISH: FooterWords = {
  language: 'en',
  direction: 'ltr',
  optOut: 'Opt out',
  preferences: 'Manage your preferences',
  view: 'View in browser',
  sentTo: 'This mail was sent to {address}.',
  belongs: 'The links above belong to that address.',
  forwarded: 'Got this as a forward?',
  signUp: 'Sign up',
}

const GERMAN: FooterWords = {
  language: 'de',
  direction: 'ltr',
  optOut: 'Abmelden',
  preferences: 'Einstellungen ändern',
  view: 'Im Browser ansehen',
  sentTo: 'Diese Mail ging an {address}.',
  belongs: 'Die Links oben gehören zu dieser Adresse.',
  forwarded: 'Weitergeleitet bekommen?',
  signUp: 'Anmelden',
}

const ARABIC: FooterWords = {
  language: 'ar',
  direction: 'rtl',
  optOut: 'إلغاء الاشتراك',
  preferences: 'إدارة تفضيلاتك',
  view: 'العرض في المتصفح',
  sentTo: 'أُرسلت هذه الرسالة إلى {address}.',
  belongs: 'الروابط أعلاه تخص هذا العنوان.',
  forwarded: 'هل وصلتك هذه الرسالة معاد توجيهها؟',
  signUp: 'الاشتراك',
}

/** The words of a language; English where there are none. */
export function footerWords(language: string): FooterWords {
  return { en: ENGLISH, de: GERMAN, ar: ARABIC }[language] ?? ENGLISH
}
