import type { Core } from '../platform/core.ts'
import { addressIn, addressKey, isAddress, maskAddress, readAddress } from './address.ts'
import type { NewOptOuts, OptOutsResult } from './optout.contract.ts'
import { type OptOutOrigin, optOut } from './optout.ts'

/**
 * Stops all mail of an account to addresses that an operator or a program names; they need not be contacts (INV-15).
 *
 * Lines that are no addresses are given back, never dropped silently (INV-19). An address given twice counts once.
 */
export async function optOutAddresses(
  { db, keys }: Pick<Core, 'db' | 'keys'>,
  accountId: string,
  { addresses, note }: NewOptOuts,
  origin: OptOutOrigin,
): Promise<OptOutsResult> {
  const forms = new Set<string>()
  const invalid: string[] = []
  for (const given of addresses) {
    const address = readAddress(addressIn(given))
    if (isAddress(address)) forms.add(address.optOutForm)
    else invalid.push(given)
  }
  if (forms.size === 0) return { optedOut: 0, alreadyOptedOut: 0, invalid }
  const evidence = { ...origin.evidence, ...(note ? { note: withoutAddresses(note) } : {}) }
  const asked = Array.from(forms, (form) => addressKey(keys.address, form))
  const { optedOut, alreadyOptedOut } = await optOut(db, accountId, asked, { ...origin, evidence })
  return { optedOut, alreadyOptedOut, invalid }
}

/** The ledger never holds an address: it outlives the erasure of its person (LW-12). */
export const withoutAddresses = (note: string) =>
  note
    .toWellFormed()
    .replaceAll('\0', '')
    .replace(/[^\s<>()"',;]+@[^\s<>()"',;]+/g, maskAddress)
