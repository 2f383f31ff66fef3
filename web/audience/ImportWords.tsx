import { Select } from '@mantine/core'
import type { AudienceImport } from '../../src/audience/import.contract.ts'
import { counted } from '../ui/format.ts'
import { Panel } from '../ui/Panel.tsx'
import type { Plan } from './imports.ts'

const meanings = [
  { value: 'opt_out', label: 'They opted out' },
  { value: 'not', label: 'They did not opt out' },
]

/** Words of the opt-out column that nobody knows: the operator says what they mean, nothing is guessed (IM-6). */
export function ImportWords({
  import: { file },
  answers,
  onAnswer,
}: {
  import: AudienceImport
  answers: Plan['statusWords']
  onAnswer: (answers: Plan['statusWords']) => void
}) {
  const asked = new Map(Object.keys(answers).map((word) => [word, 0]))
  for (const { word, rows } of file.unknownWords) asked.set(word, rows)
  if (asked.size === 0) return null
  return (
    <Panel title="What do these words mean?">
      <div className="stack tight">
        <p className="dim">
          They stand in the column that says who opted out. Until you say what they mean, their rows are not imported.
        </p>
        {[...asked].map(([word, rows]) => (
          <Select
            key={word}
            label={`“${word}”${rows > 0 ? `, in ${counted(rows, 'row')}` : ''}`}
            placeholder="Choose"
            clearable
            maw={320}
            data={meanings}
            value={answers[word] ?? null}
            onChange={(value) => {
              const { [word]: _, ...others } = answers
              onAnswer(value === 'opt_out' || value === 'not' ? { ...others, [word]: value } : others)
            }}
          />
        ))}
      </div>
    </Panel>
  )
}
