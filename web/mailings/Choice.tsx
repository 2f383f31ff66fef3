import { SegmentedControl } from '@mantine/core'

export const SIDES = [
  { value: 'left', label: 'Start' },
  { value: 'center', label: 'Centre' },
] as const

export function Align({ value, onChange }: { value: 'left' | 'center'; onChange: (align: 'left' | 'center') => void }) {
  return <Choice label="Align" value={value} data={SIDES} onChange={onChange} />
}

export function Choice<Value extends string>({
  label,
  value,
  data,
  onChange,
}: {
  label: string
  value: Value
  data: readonly { value: Value; label: string }[]
  onChange: (value: Value) => void
}) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={label}
      className="start"
      value={value}
      data={[...data]}
      onChange={(chosen) => onChange(chosen)}
    />
  )
}
