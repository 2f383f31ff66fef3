import type { PreferenceWords } from './preferences-words.ts'

export const germanPreferences: PreferenceWords = {
  saved: 'Gespeichert. Gilt ab sofort.',
  orChoose: 'Oder wählen Sie, was Sie bekommen',
  topics: 'Themen',
  howOften: 'Wie oft',
  asSent: 'So wie verschickt wird',
  pauseFor: '{days} Tage Pause',
  pausedUntil: 'Pause bis {date}',
  pauseNote:
    'Vor dem {date} geht keine E-Mail an Sie. Um die Pause jetzt zu beenden, wählen Sie „So wie verschickt wird“.',
  language: 'Sprache dieser Seiten',
  automatic: 'Wie mein Browser sagt',
  untracked: 'Nicht festhalten, welche Mail ich öffne und welchen Links ich folge',
  saveChoice: 'Auswahl speichern',
  details: 'Ihre Angaben',
  detailsText:
    'Was über Sie bekannt ist, steht nicht hier, denn dieser Link kann weitergeleitet worden sein. Leer lassen heißt: es bleibt, was wir haben.',
  keep: 'So lassen',
  yes: 'Ja',
  no: 'Nein',
  saveDetails: 'Angaben speichern',
  needsChange: 'Noch ist nichts gespeichert. Sehen Sie an, was unten markiert ist.',
  wrongShort: 'Hier ist ein Text mit höchstens {n} Zeichen möglich.',
  wrongNumber: 'Das ist keine Zahl. Eine sieht aus wie 1500 oder 2.5.',
  wrongDate: 'Das ist kein Datum. Eines sieht aus wie 2024-06-15.',
  wrongChoice: 'Wählen Sie aus dem, was hier steht.',
  data: 'Ihre Daten',
  dataText:
    'Ihre Daten stehen nicht hier, denn dieser Link kann weitergeleitet worden sein. Wir antworten innerhalb eines Monats. Eine Abbestellung bleibt, auch wenn Ihre Daten gelöscht sind.',
  askForData: 'Meine Daten anfordern',
  eraseData: 'Meine Daten löschen',
  askedForData: 'Sie haben Ihre Daten angefordert. Die Antwort kommt bis zum {date}.',
  askedForErasure: 'Sie wollen Ihre Daten löschen lassen. Die Antwort kommt bis zum {date}.',
  notSavedHeading: 'Noch ist nichts gespeichert',
  notSavedText: 'Bei uns ist etwas ausgefallen. Gehen Sie zurück und drücken Sie den Knopf noch einmal.',
}
