import { addressKey, isAddress, readAddress } from '../optouts/address.ts'
import type { Keys } from '../platform/keys.ts'
import type { KeyedAddress } from './contact-address.ts'
import type { Field, FieldValues } from './field.contract.ts'
import { isProblem, readValue } from './field-value.ts'
import type { ShownForm } from './form-shown.ts'
import { isRoleAddress } from './role-address.ts'
import type { SignUpWords } from './sign-up-words.ts'

/** What came from the page, as it came. */
export type Entered = {
  address: string
  /** By the field's name; several for a field of several options. */
  fields: Map<string, string[]>
  topicIds: string[]
  consent: boolean
  /** True when the field that people do not see was filled in. */
  isTrapped: boolean
  stamp: string
}

/** A sentence beside its cause: address, consent, topics or the input of a field. */
export type Faults = Map<string, keyof SignUpWords | 'addressProblem'>

export type AskedFor = { address: KeyedAddress; fields: FieldValues; topicIds: string[] }

/** Takes a form body apart; of what is not on the form nothing is looked at. */
export function readEntered(form: ShownForm, body: string): Entered {
  const given = new URLSearchParams(body)
  return {
    address: clean(given.get('address') ?? '').slice(0, 1000),
    fields: new Map(
      form.fields.map(({ name }) => [name, given.getAll(fieldInput(name)).map((text) => clean(text).slice(0, 3000))]),
    ),
    topicIds: form.topics.map(({ id }) => id).filter((id) => given.getAll('topic').includes(id)),
    consent: given.has('consent'),
    isTrapped: (given.get('url') ?? '') !== '',
    stamp: given.get('at') ?? '',
  }
}

export const fieldInput = (name: string) => `field.${name}`

/**
 * What is asked for, or what has to change first.
 *
 * Addresses of a function are refused, and said to be: who reads them did not all ask (AB-10). That says nothing of what
 * is known here about an address.
 */
export function judgeEntered(keys: Keys, form: ShownForm, entered: Entered): AskedFor | Faults {
  const faults: Faults = new Map()
  const address = keyed(keys, entered.address)
  if (!address) faults.set('address', 'addressProblem')
  else if (isRoleAddress(address.canonical)) faults.set('address', 'roleAddress')
  const fields: FieldValues = {}
  for (const field of form.fields) {
    const value = readValue(field, givenTo(field, entered.fields.get(field.name) ?? []))
    if (value === null) {
      if (field.required) faults.set(fieldInput(field.name), isChosen(field) ? 'choiceMissing' : 'fieldMissing')
    } else if (isProblem(value)) faults.set(fieldInput(field.name), wrong(field))
    else fields[field.name] = value
  }
  const isAsked = form.topics.length > 1
  if (isAsked && entered.topicIds.length === 0) faults.set('topics', 'topicMissing')
  if (!entered.consent) faults.set('consent', 'consentMissing')
  if (faults.size > 0 || !address) return faults
  return { address, fields, topicIds: isAsked ? entered.topicIds : form.topics.map(({ id }) => id) }
}

function keyed(keys: Keys, input: string): KeyedAddress | null {
  const read = readAddress(input)
  if (!isAddress(read)) return null
  return {
    address: read.address,
    canonical: read.canonical,
    key: addressKey(keys.address, read.optOutForm),
    untaggedKey: read.untagged === null ? null : addressKey(keys.address, read.untagged),
  }
}

const isChosen = ({ type }: Field) => type === 'one_of' || type === 'several_of' || type === 'yes_no'

function wrong({ type }: Field): keyof SignUpWords {
  if (type === 'number') return 'numberWrong'
  return type === 'date' ? 'dateWrong' : 'fieldWrong'
}

function givenTo(field: Field, given: string[]): string | string[] {
  if (field.type === 'several_of') return given
  const text = given[0] ?? ''
  return field.type === 'long' ? text : text.replace(/[\t\n]+/g, ' ')
}

/** Of the control characters only tab and line feed stay. */
const clean = (text: string) =>
  text.replace(/\r\n?/g, '\n').replace(/(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '')
