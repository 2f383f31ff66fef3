import { Text } from '@mantine/core'
import { type RefObject, useEffect, useState } from 'react'
import type { Field, FieldValue } from '../../src/audience/field.contract.ts'
import { counted } from '../ui/format.ts'

export type Faults = Record<string, string>

/** Faults by field; when new ones are shown, the focus goes to the first. */
export function useFaults(form: RefObject<HTMLFormElement | null>) {
  const [{ faults, round }, set] = useState<{ faults: Faults; round: number }>({ faults: {}, round: 0 })
  useEffect(() => {
    if (round > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [round, form])
  return {
    faults,
    show: (found: Faults) => set((before) => ({ faults: found, round: before.round + 1 })),
    /** Somebody changes this field: what was wrong with it is gone. */
    clear: (name: string) =>
      set((before) => ({
        ...before,
        faults: Object.fromEntries(Object.entries(before.faults).filter(([at]) => at !== name)),
      })),
  }
}

/** What stands above a form whose fields need a change. */
export function FaultCount({ faults }: { faults: Faults }) {
  const n = Object.keys(faults).length
  return (
    <Text size="sm" c="red" fw={500} role="alert">
      {n > 0 && `${counted(n, 'field needs', 'fields need')} a change`}
    </Text>
  )
}

export const isEmpty = (value: FieldValue | undefined) =>
  value === undefined || (typeof value === 'string' ? value.trim() === '' : Array.isArray(value) && value.length === 0)

/** The required fields that have nothing in them, each with what to do. */
export function emptyOnes(fields: Field[], valueOf: (name: string) => FieldValue | undefined): Faults {
  return Object.fromEntries(
    fields
      .filter(({ required, name }) => required && isEmpty(valueOf(name)))
      .map(({ name, label, type }) => [
        `fields/${name}`,
        `${type === 'one_of' || type === 'several_of' || type === 'yes_no' ? 'Choose' : 'Enter'} something for “${label}”.`,
      ]),
  )
}
