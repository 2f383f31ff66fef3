import type { Words } from './words.ts'

export const german: Words = {
  language: 'Sprache',
  questions: 'Fragen: {contact}',
  timeInFull: '{date}, {clock}',
  anySender: 'dem Absender dieser E-Mail',
  thisAddress: 'diese Adresse',
  optOutTitle: 'E-Mails von {sender} abbestellen',
  optOutHeading: 'Alle E-Mails von {sender} abbestellen?',
  optOutText:
    'Dieser Link gehört zu {address}. Ein Druck auf den Knopf, und ab sofort geht keine E-Mail mehr an diese Adresse.',
  optOutTextUnknown:
    'Dieser Link gehört zu der Adresse, die die E-Mail bekommen hat. Ein Druck auf den Knopf, und ab sofort geht keine E-Mail mehr an diese Adresse.',
  optOut: 'Abbestellen',
  optOutNotYours:
    'Nicht Ihre Adresse? Dann wurde diese E-Mail an Sie weitergeleitet. Schließen Sie diese Seite; es hat sich nichts geändert.',
  doneTitle: 'E-Mails von {sender} sind abbestellt',
  doneSince: 'Gilt seit {time}',
  doneHeading: 'Sie haben alles abbestellt',
  doneText: 'An {address} geht keine E-Mail von {sender} mehr. Mehr ist nicht zu tun.',
  doneTextUnknownSender: 'An {address} geht keine E-Mail mehr. Mehr ist nicht zu tun.',
  wholeOrganization:
    'Eine Abbestellung hier gilt für alle E-Mails von {organization}, gleich unter welchem Namen sie verschickt werden.',
  mistake: 'War das ein Versehen?',
  wayBack:
    'Nur Sie selbst können zurückkommen. {signUp} und drücken Sie den Knopf in der E-Mail, die dann kommt, oder sehen Sie {preferences} an.',
  signUpAgain: 'Melden Sie sich neu an',
  yourPreferences: 'Ihre Einstellungen',
  notRecordedHeading: 'Ihre Abbestellung ist noch nicht gespeichert',
  notRecordedText: 'Bei uns ist etwas ausgefallen. Drücken Sie den Knopf noch einmal, oder schreiben Sie an {contact}.',
  notRecordedTextNoContact: 'Bei uns ist etwas ausgefallen. Drücken Sie den Knopf noch einmal.',
  brokenHeading: 'Dieser Link ist nicht vollständig',
  brokenText:
    'Er wurde vielleicht unterwegs abgeschnitten, darum hat sich noch nichts geändert. Geben Sie die Adresse ein, die die E-Mail bekommen hat, und an sie geht keine E-Mail mehr.',
  emailAddress: 'E-Mail-Adresse',
  addressProblem: 'Es fehlt etwas. Eine Adresse sieht aus wie name@post.example.',
  tooManyHeading: 'Zu viele Versuche',
  tooManyText:
    'Von Ihrem Anschluss kamen zu viele Versuche, darum hat sich noch nichts geändert. Versuchen Sie es in 10 Minuten wieder, oder nehmen Sie den Link in einer anderen E-Mail.',
  tooLargeHeading: 'Das sind zu viele Daten',
  tooLargeText:
    'Es hat sich nichts geändert. Öffnen Sie den Link in der E-Mail noch einmal und drücken Sie dort den Knopf.',
  notAllowedHeading: 'Das geht hier nicht',
  preferencesTitle: 'Ihre E-Mails von {sender}',
  preferencesFor: 'Für {address}',
  optOutOfEverything: 'Alles abbestellen',
  optOutOfEverythingText: 'Ab sofort keine E-Mail mehr an diese Adresse.',
  noFormHeading: 'Unter dieser Adresse gibt es kein Formular',
  noFormText: 'Es hat sich nichts geändert. Nehmen Sie den Link in der E-Mail, die Sie bekommen haben.',
}
