import { Button, FileButton, Select, Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { image, images } from '../../src/mailings/image.contract.ts'
import { get, messageOf, upload } from '../api.ts'

/** A picture of the account, or one that is uploaded now. */
export function ImageField({ path, onChange }: { path: string; onChange: (path: string) => void }) {
  const client = useQueryClient()
  const list = useQuery({ queryKey: ['images'], queryFn: () => get('/images', images) })
  const send = useMutation({
    mutationFn: (file: File) => upload('/images', image, file, () => {}, new AbortController().signal),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['images'] })
      onChange(made.path)
    },
  })
  const items = list.data?.items ?? []
  return (
    <div className="stack tight">
      {path !== '' && <img src={path} alt="" className="picked-image" />}
      <div className="row">
        <FileButton accept="image/png,image/jpeg,image/gif,image/webp" onChange={(file) => file && send.mutate(file)}>
          {(props) => (
            <Button
              {...props}
              variant="default"
              loading={send.isPending}
              leftSection={<IconUpload size={16} aria-hidden />}
            >
              Upload a picture
            </Button>
          )}
        </FileButton>
        {items.length > 0 && (
          <Select
            aria-label="Picture"
            placeholder="Or one from before"
            className="grow"
            searchable
            value={path === '' ? null : path}
            data={[
              ...new Map(
                items.map((one) => [one.path, { value: one.path, label: `${one.name}, ${one.width} × ${one.height}` }]),
              ).values(),
            ]}
            onChange={(value) => value && onChange(value)}
          />
        )}
      </div>
      {send.error && (
        <Text size="sm" className="fg-red" role="alert">
          {messageOf(send.error).replace('Nothing was imported. ', '')}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        PNG, JPEG, GIF or WebP up to 10 MB. It is made small and served by this program.
      </Text>
    </div>
  )
}
