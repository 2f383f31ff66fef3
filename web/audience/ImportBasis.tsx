import { Select, TextInput } from '@mantine/core'
import { type ImportBasis as Basis, importBasis } from '../../src/audience/import.contract.ts'
import { Panel } from '../ui/Panel.tsx'

export const bases: Record<Basis['kind'], string> = {
  signed_up: 'They signed up with us',
  customers: 'They are customers and were told about it',
  asked_in_person: 'They asked us in person',
  other: 'Something else',
}

const options = Object.entries(bases).map(([value, label]) => ({ value, label }))

/** Why one may write to these people (LW-8); it is kept with the import and shown on every record. */
export function ImportBasis({ basis, onChange }: { basis: Basis | null; onChange: (basis: Basis) => void }) {
  return (
    <Panel title="Why you may write to them">
      <div className="two">
        <Select
          label="Basis"
          description="Laws ask the sender for proof. It stands on every record."
          allowDeselect={false}
          data={options}
          value={basis?.kind ?? null}
          onChange={(kind) => kind && onChange(importBasis.parse({ kind, note: basis?.note ?? '' }))}
        />
        <TextInput
          label="Where and when"
          description="Such as: ticket desk, autumn 2026, paper form 2"
          maxLength={1000}
          disabled={basis === null}
          value={basis?.note ?? ''}
          onChange={(event) => basis && onChange({ ...basis, note: event.currentTarget.value })}
        />
      </div>
    </Panel>
  )
}
