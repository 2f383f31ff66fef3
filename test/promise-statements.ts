// What a hand at the database could try as the program's own role.
import { type Scene, tryStatement, type World } from './promise-world.ts'
import { keyOf } from './sample.ts'

export type Writer = {
  name: string
  /** Operations of the API that the row tries. */
  covers?: string[]
  /** Another address than usual. */
  address?: () => string
  /** Arranged before they opt out. */
  before?: (world: World, scene: Scene) => Promise<unknown>
  write: (world: World, scene: Scene) => Promise<unknown>
  /** How they opt out, when it is not by the link. */
  leave?: (world: World, scene: Scene) => Promise<unknown>
  /** The contact may be erased; nothing else about it changes. */
  mayErase?: true
}

const statements: [string, (world: World, scene: Scene) => string][] = [
  [
    'the standing opt-out is deleted',
    (w) => `delete from standing_optouts where account_id = ${w.accountId} returning 1`,
  ],
  ['the ledger is deleted', (w) => `delete from optout_ledger where account_id = ${w.accountId} returning 1`],
  [
    'the standing opt-out is given to another address',
    (w, s) =>
      `update standing_optouts set address_key = decode(md5('x'), 'hex') where address_key = decode('${keyOf(w.core, s.address).toString('hex')}', 'hex') returning 1`,
  ],
  [
    'the contact gets another key',
    (w, s) =>
      `update contacts set address_key = decode(md5('x'), 'hex') where account_id = ${w.accountId} and contact_id = ${s.contactId} returning 1`,
  ],
  [
    'the contact gets other details',
    (w, s) =>
      `update contacts set fields = '{"first_name": "Back"}' where account_id = ${w.accountId} and contact_id = ${s.contactId} returning 1`,
  ],
  [
    'the contact moves to another account',
    (w, s) =>
      `update contacts set account_id = 99 where account_id = ${w.accountId} and contact_id = ${s.contactId} returning 1`,
  ],
  [
    'the contact is deleted around erasure',
    (w, s) => `delete from contacts where account_id = ${w.accountId} and contact_id = ${s.contactId} returning 1`,
  ],
  [
    'the contact is put into a group',
    (w, s) => `insert into group_members values (${w.accountId}, ${s.stays.groupId}, ${s.contactId}) returning 1`,
  ],
  [
    'a message is queued',
    (w, s) =>
      `insert into messages (account_id, mailing_id, contact_id, address_key) values (${w.accountId}, 999999, ${s.contactId}, decode('${keyOf(w.core, s.address).toString('hex')}', 'hex')) returning 1`,
  ],
  [
    'a sign-up is made up',
    (w, s) =>
      `insert into sign_ups (account_id, address_key, confirmed_in) values (${w.accountId}, decode('${keyOf(w.core, s.address).toString('hex')}', 'hex'), pg_current_xact_id()) returning 1`,
  ],
  [
    'a sign-up is confirmed with the hash of its token',
    (w, s) =>
      `select confirm_sign_up(${w.accountId}, token_hash, '{}') from sign_ups where address_key = decode('${keyOf(w.core, s.address).toString('hex')}', 'hex')`,
  ],
  [
    'a re-consent is written',
    (w, s) =>
      `insert into optout_ledger (account_id, source, address_key, opted_out, already) values (${w.accountId}, 're_consent', decode('${keyOf(w.core, s.address).toString('hex')}', 'hex'), 0, 0) returning 1`,
  ],
  ['the rules are deleted', (w) => `delete from optout_domains where account_id = ${w.accountId} returning 1`],
  ['the trigger is switched off', () => 'alter table contacts disable trigger all'],
  ['the runtime role takes the rights', () => 'grant all on standing_optouts to lastword_app'],
]
export const sqlWriters: Writer[] = statements.map(
  ([name, text]): Writer => ({
    name: `SQL as the application: ${name}`,
    write: (world, scene) => tryStatement(world, text(world, scene)),
  }),
)
