import { Switch, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FullContact } from '../../src/audience/contact-full.contract.ts'
import { anything, post } from '../api.ts'
import { noticeFault } from '../ui/notice.tsx'
import { Panel } from '../ui/Panel.tsx'

/** Whether opens and clicks of this person are recorded; what they chose themselves is text (LW-15). */
export function ContactTracking({ contact: { id, optOut, trackingRefusedBy } }: { contact: FullContact }) {
  const client = useQueryClient()
  const set = useMutation({
    mutationFn: (refused: boolean) => post(`/contacts/${id}/tracking`, anything, { refused }),
    onSettled: () => client.invalidateQueries({ queryKey: ['contacts'] }),
    onError: noticeFault,
  })
  const isByHolder = trackingRefusedBy === 'holder'
  const isFixed = isByHolder || (optOut !== null && trackingRefusedBy !== null)
  return (
    <Panel title="Opens and clicks">
      {isFixed ? (
        <Text size="sm">
          {isByHolder
            ? 'Not tracked: the contact chose it on the preferences page, and only they can change it.'
            : 'Not tracked'}
        </Text>
      ) : (
        <Switch
          label="Do not track"
          description="Links stay as they are, and no opens and clicks are recorded."
          checked={set.isPending ? set.variables : trackingRefusedBy !== null}
          disabled={set.isPending}
          onChange={(event) => set.mutate(event.currentTarget.checked)}
        />
      )}
    </Panel>
  )
}
