import { Button, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import { type SplitTest as Split, type SplitPlan, splitAnswer } from '../../src/mailings/split.contract.ts'
import { del, post } from '../api.ts'
import { count, counted } from '../ui/format.ts'
import { noticeFault } from '../ui/notice.tsx'
import { Panel } from '../ui/Panel.tsx'
import { about } from './progressWords.ts'
import { SplitForm } from './SplitForm.tsx'
import { letters, ownText, splitKey, testedOf, useSplit, variantText } from './split.ts'

/** The split test of a draft: what there is of it, or the form to set it up. */
export function SplitTest({ mailing, recipients }: { mailing: Mailing; recipients: number }) {
  const { data } = useSplit(mailing)
  const [editing, setEditing] = useState(false)
  const client = useQueryClient()
  if (!data) return null
  const keep = (answer: typeof data) => {
    client.setQueryData(splitKey(mailing.id), answer)
    setEditing(false)
    return client.invalidateQueries({ queryKey: ['mailings', 'one', mailing.id] })
  }
  const save = async (plan: SplitPlan) => keep(await post(`/mailings/${mailing.id}/split`, splitAnswer, plan))
  const remove = () => del(`/mailings/${mailing.id}/split`, splitAnswer).then(keep, noticeFault)
  const edit = (
    <Button variant="subtle" size="compact-sm" onClick={() => setEditing(true)}>
      {data.split ? 'Edit' : 'Set up'}
    </Button>
  )
  return (
    <Panel title="Split test" aside={editing ? undefined : edit}>
      {editing ? (
        <SplitForm
          mailing={mailing}
          recipients={recipients}
          before={data.split}
          onSave={save}
          onCancel={() => setEditing(false)}
        />
      ) : data.split ? (
        <Summary mailing={mailing} split={data.split} recipients={recipients} onRemove={() => void remove()} />
      ) : (
        <Text size="sm" c="dimmed">
          Try 2 to 4 subjects, senders or contents on a part of the audience. The rest gets the best one.
        </Text>
      )}
    </Panel>
  )
}

type Shown = { mailing: Mailing; split: Split; recipients: number; onRemove: () => void }

function Summary({ mailing, split, recipients, onRemove }: Shown) {
  const tested = testedOf(recipients, split.share, 1 + split.alternatives.length)
  return (
    <div className="stack tight">
      <dl className="facts">
        {[ownText(split.tests, mailing), ...split.alternatives.map((one) => variantText(split.tests, one))].map(
          (text, index) => (
            <div key={letters[index]}>
              <dt>{letters[index]}</dt>
              <dd>{text}</dd>
            </div>
          ),
        )}
      </dl>
      <Text size="sm">
        {tested === recipients
          ? 'Everybody gets one of them.'
          : `${counted(tested, 'person', 'people')} ${tested === 1 ? 'gets' : 'get'} one of them. ${restText(split, recipients - tested)}`}
      </Text>
      <div className="row">
        <Button variant="subtle" color="red" size="compact-sm" onClick={onRemove}>
          Remove the test
        </Button>
      </div>
    </div>
  )
}

function restText({ measure, waitMinutes }: Split, rest: number): string {
  const get = rest === 1 ? 'gets' : 'get'
  if (waitMinutes === null) return `You choose what the other ${count(rest)} ${get}.`
  const by = measure === 'opens' ? 'opened' : 'clicked'
  return `The other ${count(rest)} ${get} what most people ${by}, ${about(waitMinutes * 60)} after the last has left.`
}
