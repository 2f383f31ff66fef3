// Says what mails that came back mean, one line of JSON a file, without a database: node bin/read-return.ts FILE…
import { readFileSync } from 'node:fs'
import { readReturn } from '../src/delivery/feedback/read.ts'

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('Give files with returned mails: npm run --silent read-return -- FILE…')
  process.exitCode = 2
}

for (const file of files) {
  try {
    const read = mailsIn(readFileSync(file)).map((raw) => readReturn(raw))
    const recipients = read.flatMap((mail) => mail.recipients)
    console.log(JSON.stringify({ file, kind: read[0]?.kind ?? 'other', recipients: recipients.map(shown) }))
  } catch (error) {
    console.error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}

/** The mails of an mbox, or the one mail that the file is. */
function mailsIn(bytes: Buffer): Buffer[] {
  if (!bytes.subarray(0, 5).equals(Buffer.from('From '))) return [bytes]
  const pieces = bytes.toString('latin1').split(/(?:\r?\n){2}(?=From \S+ {1,4}\w{3} \w{3} [^\r\n]{1,40}\r?\n)/, 1000)
  return pieces.map((piece) => Buffer.from(piece, 'latin1'))
}

function shown({ address, status, reply, reason, outcome }: ReturnType<typeof readReturn>['recipients'][number]) {
  return { address, status, reply, reason, outcome }
}
