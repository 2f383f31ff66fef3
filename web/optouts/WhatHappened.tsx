import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { Banner } from '../ui/Banner.tsx'
import { count, counted } from '../ui/format.ts'
import type { Done } from './act.ts'
import type { Outlook } from './question.ts'

/** The exact result, with a file that says it for every line. */
export function WhatHappened({ done, onClose }: { done: Done; onClose: () => void }) {
  const { way, optedOut, already, newRules, invalid, outlook } = done
  return (
    <section aria-label="What happened" role="status">
      <Banner
        tint="optOut"
        title={`${count(optedOut)} opted out, ${count(already)} already ${already === 1 ? 'was' : 'were'}`}
        actions={
          <>
            {outlook.rows.length > 0 && way === 'paste' && (
              <Button
                variant="default"
                leftSection={<IconDownload size={16} aria-hidden />}
                onClick={() => save('opt-outs-result.csv', resultOf(outlook))}
              >
                Download the result
              </Button>
            )}
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
          </>
        }
      >
        {'They get no more mail. Only they can come back. '}
        {way === 'domain' && 'Whoever comes to this domain later is opted out as well. '}
        {way === 'hashes' &&
          `${counted(newRules, 'hash', 'hashes')} ${newRules === 1 ? 'is' : 'are'} kept for whoever comes later. `}
        {invalid > 0 &&
          `${counted(invalid, 'line')} could not be read, and nobody was opted out by ${invalid === 1 ? 'it' : 'them'}.`}
      </Banner>
    </section>
  )
}

const words = new Map([
  ['contact', 'opted out'],
  ['not_contact', 'opted out, not a contact'],
  ['already', 'had opted out before'],
  ['duplicate', 'given twice'],
  ['invalid', 'not an address: nobody was opted out'],
])

function resultOf({ rows, invalid }: Outlook): string {
  const problems = new Map(invalid.map(({ line, text, problem }) => [`${line} ${text}`, problem]))
  const lines = rows.map(({ line, text, state }) =>
    [String(line), text, words.get(state) ?? state, problems.get(`${line} ${text}`) ?? ''].map(cell).join(','),
  )
  return `\ufeffline,address,what happened,reason\r\n${lines.join('\r\n')}\r\n`
}

/** What a spreadsheet would take for a formula begins with an apostrophe (IM-10). */
function cell(text: string): string {
  const guarded = /^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text
  return `"${guarded.replaceAll('"', '""')}"`
}

function save(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  URL.revokeObjectURL(url)
}
