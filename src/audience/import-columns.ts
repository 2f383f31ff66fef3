import type { z } from 'zod'
import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { FieldType } from './field.contract.ts'
import type { importColumn } from './import.contract.ts'
import { isOptOutHeader, isStatusHeader, isStatusWord } from './import-optout-words.ts'
import type { Tool } from './import-tools.ts'
import { guessType } from './import-values.ts'

export type KnownField = { name: string; label: string; isArchived?: boolean }
export type FieldToMake = { name: string; label: string; type: FieldType }
export type Column = z.infer<typeof importColumn>

/** What a column's cells become; null: left out. */
export type Target = { kind: 'address' } | { kind: 'opt_out' } | { kind: 'field'; name: string } | null

export type ColumnPlan = {
  targets: Target[]
  names: string[]
  /** To be made before rows are written. */
  newFields: FieldToMake[]
}

const SAMPLES = 5
const SAMPLE_LENGTH = 100

/** Names of columns: trimmed, never empty, never twice (IM-4). */
export function columnNames(header: string[], hasHeader: boolean): string[] {
  const taken = new Set<string>()
  return header.map((cell, place) => {
    const name = (hasHeader && plain(cell).slice(0, 200)) || `Column ${place + 1}`
    let unique = name
    for (let again = 2; taken.has(unique.toLowerCase()); again++) unique = `${name} (${again})`
    taken.add(unique.toLowerCase())
    return unique
  })
}

/** Guesses where each column goes, from its name and else from its values. */
export function guessColumns(
  names: string[],
  rows: string[][],
  fields: KnownField[],
  tool: Tool | null = null,
): Column[] {
  const given = new Set<string>()
  const open = fields.filter(({ isArchived }) => !isArchived)
  const columns = names.map((name, place): Column => {
    const values = rows.map((row) => plain(row[place] ?? '')).filter((value) => value !== '')
    const samples = samplesOf(values)
    const guess = name === tool?.column ? 'opt_out' : guessByName(name, values, open)
    if (guess === '' || given.has(guess))
      return { name, samples, guess: '', guessedBy: 'none', ...newTypeOf(name, values) }
    given.add(guess)
    return { name, samples, guess, guessedBy: isStatusHeader(name) ? 'values' : 'name', ...newTypeOf(name, values) }
  })
  if (given.has('address')) return columns
  const place = names.findIndex((_name, column) => mostAreAddresses(rows.map((row) => row[column] ?? '')))
  return columns.map((column, index) =>
    index === place ? { ...column, guess: 'address', guessedBy: 'values' } : column,
  )
}

/**
 * Settles where every column goes: what `mapping` says, and the guess where it says nothing.
 *
 * @throws DomainError import.invalid or field.unknown that names the column
 */
export function planColumns(columns: Column[], mapping: Record<string, string>, fields: KnownField[]): ColumnPlan {
  const asked = new Map(Object.entries(mapping).map(([name, target]) => [plain(name).toLowerCase(), target]))
  for (const name of asked.keys())
    if (!columns.some((column) => column.name.toLowerCase() === name))
      throw invalid(`There is no column “${name}” in the file.`)
  const newFields: FieldToMake[] = []
  const takenBy = new Map<string, string>()
  const targets = columns.map(({ name, guess, newType = 'short' }): Target => {
    const target = targetOf(asked.get(name.toLowerCase()) ?? guess, [...fields, ...newFields])
    if (target === null) return null
    if ('label' in target) newFields.push({ name: target.name, label: target.label, type: newType })
    const key = target.kind === 'field' ? `field ${target.name}` : target.kind
    const other = takenBy.get(key)
    if (other !== undefined) throw invalid(`The columns “${other}” and “${name}” cannot both go to the same place.`)
    takenBy.set(key, name)
    return target.kind === 'field' ? { kind: 'field', name: target.name } : target
  })
  if (!takenBy.has('address')) throw invalid('No column holds addresses. Choose the column with the email addresses.')
  return { targets, names: columns.map((column) => column.name), newFields }
}

type FieldTarget = { kind: 'field'; name: string } | { kind: 'field'; name: string; label: string }

function targetOf(text: string, fields: KnownField[]): { kind: 'address' } | { kind: 'opt_out' } | FieldTarget | null {
  if (text === '') return null
  if (text === 'address' || text === 'opt_out') return { kind: text }
  if (text.startsWith('new:')) {
    const label = plain(text.slice(4)).slice(0, 63)
    if (label === '') throw invalid('A new field needs a name.')
    const same = fields.find((field) => field.label.toLowerCase() === label.toLowerCase())
    if (same?.isArchived)
      throw invalid(`There is an archived field “${same.label}”. Restore it, or choose another name for the new one.`)
    return same ? { kind: 'field', name: same.name } : { kind: 'field', name: nameFor(label, fields), label }
  }
  const known = fields.find((field) => field.name === text)
  if (!known || known.isArchived)
    throw new DomainError<AudienceErrorCode>('field.unknown', `There is no field “${text}”.`)
  return { kind: 'field', name: known.name }
}

/** The merge point of a new field: “First name” is first_name. */
function nameFor(label: string, fields: KnownField[]): string {
  const words = unaccented(label)
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  const name = (/^[a-z]/.test(words) ? words : `field_${words}`).slice(0, 58).replace(/_+$/, '')
  const taken = new Set(['address', 'opt_out', ...fields.map((field) => field.name)])
  let unique = name
  for (let again = 2; taken.has(unique); again++) unique = `${name}_${again}`
  return unique
}

function guessByName(name: string, values: string[], fields: KnownField[]): string {
  const key = unaccented(name).replace(/[^a-z0-9]/g, '')
  if (ADDRESS_NAMES.has(key)) return 'address'
  if (isOptOutHeader(name)) return 'opt_out'
  if (isStatusHeader(name)) return values.length > 0 && values.every(isStatusWord) ? 'opt_out' : ''
  if (VAGUE_ADDRESS_NAMES.has(key) && mostAreAddresses(values)) return 'address'
  const own = fields.find(
    (field) => field.name.replaceAll('_', '') === key || unaccented(field.label).replace(/[^a-z0-9]/g, '') === key,
  )
  if (own) return own.name
  const usual = USUAL_FIELDS.find(({ names }) => names.has(key))
  return usual && fields.some((field) => field.name === usual.name) ? usual.name : ''
}

function mostAreAddresses(values: string[]): boolean {
  const filled = values.filter((value) => value.trim() !== '')
  return (
    filled.length > 0 && filled.filter((value) => /^[^@\s]+@[^@\s]+$/.test(value.trim())).length * 2 > filled.length
  )
}

function newTypeOf(name: string, values: string[]): Pick<Column, 'newType'> {
  const newType = guessType(name, values)
  return newType === 'short' ? {} : { newType }
}

/** Values beyond ASCII first: they show whether the encoding is right (IM-2). */
function samplesOf(values: string[]): string[] {
  const different = [...new Set(values.map((value) => value.slice(0, SAMPLE_LENGTH)))]
  const beyondAscii = different.filter((value) => /[^\u0000-\u007f]/.test(value)).slice(0, 2)
  return [...new Set([...different.slice(0, SAMPLES - beyondAscii.length), ...beyondAscii])].slice(0, SAMPLES)
}

const plain = (text: string) =>
  text
    .toWellFormed()
    .replace(/[\s\u0000-\u001f\u007f-\u00a0\u200b\ufeff\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
const unaccented = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
const invalid = (message: string) => new DomainError<AudienceErrorCode>('import.invalid', message)

const ADDRESS_NAMES = new Set(
  'email,emailaddress,emailadress,emailid,emailaddresses,primaryemail,mail,mailaddress,emailadresse,mailadresse,courriel,adresseemail,correo,correoelectronico,indirizzoemail,epost,epostadress,emailadres'.split(
    ',',
  ),
)
/** These names are those of other things as well; their values decide. */
const VAGUE_ADDRESS_NAMES = new Set('address,adresse,contact,kontakt,user,username,login,recipient,to'.split(','))
const USUAL_FIELDS = [
  {
    name: 'first_name',
    names: new Set('firstname,first,fname,givenname,forename,vorname,rufname,prenom,nombre,nome'.split(',')),
  },
  {
    name: 'last_name',
    names: new Set(
      'lastname,last,lname,surname,familyname,nachname,familienname,zuname,nomdefamille,apellido,apellidos,cognome'.split(
        ',',
      ),
    ),
  },
]
