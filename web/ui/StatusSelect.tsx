import { Select } from '@mantine/core'
import { IconSelector } from '@tabler/icons-react'
import { StatusBadge, type StatusName, statusLook } from './StatusBadge.tsx'

const options: { value: StatusName; label: string }[] = [
  { value: 'active', label: 'Active' },
  { value: 'error', label: 'Error' },
  { value: 'opt_out', label: 'Opt-Out' },
]

/** The drop-down next to "Status" on a contact that is not locked. */
export function StatusSelect({
  status,
  onChoose,
  disabled = false,
}: {
  status: StatusName
  onChoose: (status: StatusName) => void
  disabled?: boolean
}) {
  const { tint, icon: Sign } = statusLook[status]
  return (
    <Select
      label="Status"
      data={options}
      value={status}
      disabled={disabled}
      onChange={(value) => {
        const chosen = options.find((option) => option.value === value)
        if (chosen && chosen.value !== status) onChoose(chosen.value)
      }}
      w={164}
      withCheckIcon={false}
      comboboxProps={{ width: 140, position: 'bottom-end', keepMounted: false, shadow: 'md', radius: 'md' }}
      leftSection={<Sign size={15} stroke={2} className={`fg-${tint}`} aria-hidden />}
      rightSection={<IconSelector size={14} aria-hidden />}
      renderOption={({ option }) => (
        <StatusBadge status={options.find(({ value }) => value === option.value)?.value ?? status} />
      )}
      styles={{ root: { display: 'flex', alignItems: 'center', gap: 10 }, label: { marginBottom: 0 } }}
    />
  )
}
