import { Button, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import { type SplitTest, splitAnswer, type VariantName } from '../../src/mailings/split.contract.ts'
import { post } from '../api.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { count, counted, percent } from '../ui/format.ts'
import { Panel } from '../ui/Panel.tsx'
import { about } from './progressWords.ts'
import { letters, ownText, splitKey, useSplit, variantText } from './split.ts'

/** How the variants of a mailing do, and the choice of the winner. */
export function SplitProgress({ mailing }: { mailing: Mailing }) {
  const { data } = useSplit(mailing)
  const [choosing, setChoosing] = useState<VariantName | null>(null)
  const client = useQueryClient()
  if (!data?.split) return null
  const { split } = data
  const canChoose = split.winner === null && split.waiting > 0 && ['sending', 'paused'].includes(mailing.status)
  const choose = async () => {
    const answer = await post(`/mailings/${mailing.id}/winner`, splitAnswer, { variant: choosing })
    client.setQueryData(splitKey(mailing.id), answer)
    await client.invalidateQueries({ queryKey: ['mailings', 'one', mailing.id] })
  }
  const texts = [ownText(split.tests, mailing), ...split.alternatives.map((one) => variantText(split.tests, one))]
  const rest = counted(split.waiting, 'person', 'people')
  return (
    <Panel title="Split test" pad={false}>
      <table className="grid">
        <thead>
          <tr>
            <th>Variant</th>
            <th className="right">Accepted</th>
            <th className="right">Opened</th>
            <th className="right">Clicked</th>
            {canChoose && <th className="right">Winner</th>}
          </tr>
        </thead>
        <tbody>
          {texts.map((text, index) => {
            const letter = letters[index] ?? 'A'
            const { accepted = 0, opened = 0, clicked = 0 } = split.figures.find((one) => one.variant === letter) ?? {}
            return (
              <tr key={letter}>
                <td>
                  <b>{letter}</b> {text} {split.winner === letter && <span className="chip">Winner</span>}
                </td>
                <td className="right num">{count(accepted)}</td>
                <td className="right num">{percent(opened, accepted)}</td>
                <td className="right num">{percent(clicked, accepted)}</td>
                {canChoose && (
                  <td className="right">
                    <Button variant="default" size="compact-sm" onClick={() => setChoosing(letter)}>
                      Choose {letter}
                    </Button>
                  </td>
                )}
              </tr>
            )
          })}
        </tbody>
      </table>
      <Text size="sm" c="dimmed" px="md" py="sm">
        {outlook(split)}
      </Text>
      <Confirm
        opened={choosing !== null}
        title={`Send variant ${choosing ?? ''} to the other ${rest}?`}
        consequence="brand"
        onYes={choose}
        onClose={() => setChoosing(null)}
      >
        <Text>It is sent to them from now on. Another variant cannot be chosen afterwards.</Text>
      </Confirm>
    </Panel>
  )
}

function outlook({ winner, waiting, waitMinutes, measure }: SplitTest): string {
  if (winner !== null) return `Everybody else gets variant ${winner}.`
  if (waiting === 0) return 'Everybody got one of the variants.'
  const people = counted(waiting, 'person waits', 'people wait')
  if (waitMinutes === null) return `${people} for the variant that you choose.`
  return `${people} for the variant with most ${measure}. It is chosen ${about(waitMinutes * 60)} after the last of these messages has left; you can choose sooner.`
}
