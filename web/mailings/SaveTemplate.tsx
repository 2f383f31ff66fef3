import { useQueryClient } from '@tanstack/react-query'
import type { MailingSource } from '../../src/mailings/blocks.contract.ts'
import { template } from '../../src/mailings/kept.contract.ts'
import { post } from '../api.ts'
import { SaveUnderName } from './SaveBlock.tsx'

/** Keeps what a mailing is made from, so that others can begin with it. */
export function SaveTemplate({
  source,
  opened,
  onClose,
}: {
  source: MailingSource
  opened: boolean
  onClose: () => void
}) {
  const client = useQueryClient()
  return (
    <SaveUnderName
      title="Save as template"
      opened={opened}
      onClose={onClose}
      onSave={async (name) => {
        await post('/templates', template, { name, source })
        await client.invalidateQueries({ queryKey: ['templates'] })
      }}
    />
  )
}
