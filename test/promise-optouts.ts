// Opt-outs upon opt-outs: by address, domain and hashed list, before and after the address was a contact.
import { createHash } from 'node:crypto'
import { file } from './promise-imports.ts'
import type { Writer } from './promise-statements.ts'
import { fresh, importFile, tryStatement } from './promise-world.ts'

export const optOutWriters: Writer[] = [
  {
    name: 'opting out again by the API',
    covers: ['post /opt-outs'],
    write: (w, s) => w.call('POST', '/opt-outs', { addresses: [s.address] }),
  },
  {
    name: 'opting out the whole domain as well',
    covers: ['post /opt-outs/domains', 'post /opt-outs/check'],
    address: () => `leaves@${fresh('d')}.example`,
    write: async (w, s) => {
      const domain = s.address.slice(s.address.indexOf('@') + 1)
      await w.call('POST', '/opt-outs/check', { domain })
      await w.call('POST', '/opt-outs/domains', { domain })
      await w.call('POST', '/contacts', { address: s.address, groupIds: [s.groupId] })
    },
  },
  {
    name: 'opting out with the domain, then an import and an edit',
    address: () => `leaves@${fresh('d')}.example`,
    leave: (w, s) => w.call('POST', '/opt-outs/domains', { domain: s.address.slice(s.address.indexOf('@') + 1) }),
    write: async (w, s) => {
      await importFile(w, file(`${s.address},Back,no`), { groupIds: [s.groupId] })
      await w.call('PATCH', `/contacts/${s.contactId}`, { fields: { first_name: 'Back' } })
    },
  },
  {
    name: 'opting out by a hashed list, then erasing and importing again',
    covers: ['post /opt-outs/hashes'],
    mayErase: true,
    leave: (w, s) =>
      w.call('POST', '/opt-outs/hashes', { hashes: [createHash('sha256').update(s.address).digest('hex')] }),
    write: async (w, s) => {
      await w.call('DELETE', `/contacts/${s.contactId}`)
      await importFile(w, file(`${s.address},Back,no`), { groupIds: [s.groupId] })
    },
  },
  {
    name: 'an opt-out by the API of an address that was added later',
    address: () => `${fresh('later.')}@post.example`,
    leave: (w, s) => w.call('POST', '/opt-outs', { addresses: [s.address.toUpperCase()] }),
    write: (w, s) => w.call('POST', `/contacts/${s.contactId}/status`, { status: 'active' }),
  },
  {
    name: 'an opt-out before the address was ever a contact',
    mayErase: true,
    before: (w, s) => w.call('DELETE', `/contacts/${s.contactId}`),
    write: async (w, s) => {
      await w.call('POST', '/contacts', { address: s.address, groupIds: [s.groupId] })
      await importFile(w, file(`${s.address},Back,no`), { groupIds: [s.groupId] })
    },
  },
  {
    name: 'a bounce noted under the opt-out, then changing to active',
    write: async (w, s) => {
      await tryStatement(
        w,
        `insert into contact_errors (account_id, contact_id, reason) values (${w.accountId}, ${s.contactId}, 'delivery')`,
      )
      await w.call('POST', `/contacts/${s.contactId}/status`, { status: 'active' })
    },
  },
]
