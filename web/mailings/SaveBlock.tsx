import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Block } from '../../src/mailings/blocks.contract.ts'
import { keptBlock, keptBlocks } from '../../src/mailings/kept.contract.ts'
import { get, messageOf, post } from '../api.ts'
import { noticeDone } from '../ui/notice.tsx'

export const useSavedBlocks = () =>
  useQuery({ queryKey: ['saved-blocks'], queryFn: () => get('/saved-blocks', keptBlocks) })

/** Gives a block a name under which other mailings find it. */
export function SaveBlock({ block, opened, onClose }: { block: Block; opened: boolean; onClose: () => void }) {
  const client = useQueryClient()
  return (
    <SaveUnderName
      title="Save this block for later"
      opened={opened}
      onClose={onClose}
      onSave={async (name) => {
        await post('/saved-blocks', keptBlock, { name, block })
        await client.invalidateQueries({ queryKey: ['saved-blocks'] })
      }}
    />
  )
}

export function SaveUnderName({
  title,
  opened,
  onClose,
  onSave,
}: {
  title: string
  opened: boolean
  onClose: () => void
  onSave: (name: string) => Promise<void>
}) {
  const [name, setName] = useState('')
  const save = useMutation({
    mutationFn: () => onSave(name.trim()),
    onSuccess: () => {
      noticeDone(`Saved “${name.trim()}”.`)
      setName('')
      onClose()
    },
  })
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <form
        className="stack tight"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          event.stopPropagation()
          save.mutate()
        }}
      >
        <TextInput
          label="Name"
          data-autofocus
          value={name}
          error={save.error ? messageOf(save.error) : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className="row dialog-acts">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Modal>
  )
}
