import { Button, NumberInput, Radio, Select, Text } from '@mantine/core'
import { useState } from 'react'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import type { Alternative, SplitPlan, SplitTest } from '../../src/mailings/split.contract.ts'
import { messageOf } from '../api.ts'
import { count, counted } from '../ui/format.ts'
import { AlternativeFields } from './SplitAlternative.tsx'
import { differs, letters, ownText, testedOf } from './split.ts'

type Given = {
  mailing: Mailing
  recipients: number
  before: SplitTest | null
  onSave: (plan: SplitPlan) => Promise<unknown>
  onCancel: () => void
}

const MOST_OTHERS = 3

export function SplitForm({ mailing, recipients, before, onSave, onCancel }: Given) {
  const [tests, setTests] = useState<SplitPlan['tests']>(before?.tests ?? 'subject')
  const [others, setOthers] = useState<Alternative[]>(before?.alternatives ?? [{}])
  const [share, setShare] = useState(before?.share ?? 20)
  const [measure, setMeasure] = useState<SplitPlan['measure']>(before?.measure ?? 'opens')
  const [hours, setHours] = useState(before?.waitMinutes ? Math.max(1, Math.round(before.waitMinutes / 60)) : 4)
  const [byFigures, setByFigures] = useState(before === null || before.waitMinutes !== null)
  const [problem, setProblem] = useState('')
  const [saving, setSaving] = useState(false)
  const tested = testedOf(recipients, share, 1 + others.length)
  const rest = recipients - tested
  async function save() {
    setSaving(true)
    try {
      const waitMinutes = byFigures ? hours * 60 : null
      await onSave({ tests, share, measure, waitMinutes, alternatives: others })
    } catch (error) {
      setProblem(messageOf(error))
      setSaving(false)
    }
  }
  return (
    <div className="stack tight">
      <Select
        label="What differs"
        data={Object.entries(differs).map(([value, label]) => ({ value, label }))}
        value={tests}
        allowDeselect={false}
        onChange={(chosen) => {
          setTests(chosen === 'sender' || chosen === 'content' ? chosen : 'subject')
          setOthers(others.map(() => ({})))
        }}
      />
      <Text size="sm">
        <b>A</b>: {ownText(tests, mailing)}
      </Text>
      {others.map((one, index) => (
        <AlternativeFields
          // biome-ignore lint/suspicious/noArrayIndexKey: a variant is its place
          key={index}
          mailing={mailing}
          tests={tests}
          letter={letters[index + 1] ?? 'B'}
          value={one}
          onChange={(next) => {
            setProblem('')
            setOthers((all) => all.map((other, place) => (place === index ? next : other)))
          }}
        />
      ))}
      <div className="row">
        <Button
          variant="default"
          size="compact-sm"
          disabled={others.length === MOST_OTHERS}
          onClick={() => setOthers([...others, {}])}
        >
          Add a variant
        </Button>
        {others.length > 1 && (
          <Button variant="subtle" size="compact-sm" onClick={() => setOthers(others.slice(0, -1))}>
            Remove {letters[others.length]}
          </Button>
        )}
      </div>
      <NumberInput
        label="Per cent of the audience that tries them"
        description={
          rest === 0
            ? 'Everybody gets one of them.'
            : `${counted(tested, 'person', 'people')}; the other ${count(rest)} ${rest === 1 ? 'gets' : 'get'} the winner.`
        }
        value={share}
        min={1}
        max={100}
        allowDecimal={false}
        onChange={(value) => setShare(typeof value === 'number' && value >= 1 ? value : 1)}
      />
      <Select
        label="What counts"
        data={[
          { value: 'opens', label: 'Opens' },
          { value: 'clicks', label: 'Clicks' },
        ]}
        value={measure}
        allowDeselect={false}
        onChange={(chosen) => setMeasure(chosen === 'clicks' ? 'clicks' : 'opens')}
      />
      <Radio.Group
        label="Who chooses the winner"
        value={byFigures ? 'figures' : 'me'}
        onChange={(value) => setByFigures(value === 'figures')}
      >
        <div className="stack tight">
          <Radio value="figures" label="The figures, after a wait" />
          <Radio value="me" label="I do" />
        </div>
      </Radio.Group>
      {byFigures && (
        <NumberInput
          label="Hours to wait"
          description="After the last of them has left."
          value={hours}
          min={1}
          max={336}
          allowDecimal={false}
          onChange={(value) => setHours(typeof value === 'number' && value >= 1 ? value : 1)}
        />
      )}
      {problem && (
        <Text c="red" role="alert">
          {problem}
        </Text>
      )}
      <div className="row">
        <Button loading={saving} onClick={() => void save()}>
          Save the test
        </Button>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  )
}
