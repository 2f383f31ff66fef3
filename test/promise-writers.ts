// One row for everything that writes and could bring a person back. A new operation of the API needs a row here,
// or a reason below why it cannot; a test compares the two with the OpenAPI document.

import { bulkWriters } from './promise-bulk.ts'
import { formWriters } from './promise-forms.ts'
import { identityWriters } from './promise-identity.ts'
import { file, importWriters, modes, undoWriters } from './promise-imports.ts'
import { optOutWriters } from './promise-optouts.ts'
import { preferenceWriters } from './promise-preferences.ts'
import { returnWriters } from './promise-returns.ts'
import { sendingWriters } from './promise-sending.ts'
import { sqlWriters, type Writer } from './promise-statements.ts'
import { trackingWriters } from './promise-tracking.ts'
import { changeAll, doToGroup, fresh, importFile, leaveByLink, makeGroup } from './promise-world.ts'

const contactWriters: Writer[] = [
  {
    name: 'editing details',
    covers: ['patch /contacts/{id}'],
    write: (w, s) => w.call('PATCH', `/contacts/${s.contactId}`, { fields: { first_name: 'Back' } }),
  },
  {
    name: 'changing the address to another',
    write: (w, s) => w.call('PATCH', `/contacts/${s.contactId}`, { address: `${fresh('away.')}@post.example` }),
  },
  {
    name: "changing another contact's address to this one",
    write: (w, s) => w.call('PATCH', `/contacts/${s.stays.contactId}`, { address: s.address.toUpperCase() }),
  },
  {
    name: "changing another contact's address to another spelling of this mailbox",
    address: () => `${fresh('leaves')}@gmail.com`,
    write: (w, s) =>
      w.call('PATCH', `/contacts/${s.stays.contactId}`, {
        address: s.address.replace('@gmail.com', '+x@googlemail.com'),
      }),
  },
  {
    name: 'adding the address again',
    covers: ['post /contacts'],
    write: async (w, s) => {
      for (const address of [s.address, ` <${s.address.toUpperCase()}>; `])
        await w.call('POST', '/contacts', { address, groupIds: [s.stays.groupId] })
    },
  },
  {
    name: 'adding another spelling of the same Gmail mailbox',
    address: () => `${fresh('leaves')}@gmail.com`,
    write: async (w, s) => {
      const [name] = s.address.split('@')
      for (const address of [`l.${name?.slice(1)}@gmail.com`, `${name}+news@gmail.com`, `${name}@googlemail.com`])
        await w.call('POST', '/contacts', { address, groupIds: [s.stays.groupId] })
    },
  },
  ...['active', 'error'].map(
    (status): Writer => ({
      name: `changing the status to ${status}`,
      covers: ['post /contacts/{id}/status'],
      write: (w, s) => w.call('POST', `/contacts/${s.contactId}/status`, { status }),
    }),
  ),
  {
    name: 'changing the status to active when the contact was in Error',
    before: (w, s) => w.call('POST', `/contacts/${s.contactId}/status`, { status: 'error' }),
    write: (w, s) => w.call('POST', `/contacts/${s.contactId}/status`, { status: 'active' }),
  },
  {
    name: 'opting out again as an operator, then changing back',
    write: async (w, s) => {
      await w.call('POST', `/contacts/${s.contactId}/status`, { status: 'opt_out' })
      await w.call('POST', `/contacts/${s.contactId}/status`, { status: 'active' })
    },
  },
  {
    name: 'archiving and restoring',
    covers: ['post /contacts/{id}/archive', 'post /contacts/{id}/restore'],
    write: async (w, s) => {
      await w.call('POST', `/contacts/${s.contactId}/archive`)
      await w.call('POST', `/contacts/${s.contactId}/restore`)
    },
  },
  {
    name: 'archiving, importing again, restoring',
    write: async (w, s) => {
      await w.call('POST', `/contacts/${s.contactId}/archive`)
      await importFile(w, file(`${s.address},Back,no`), { groupIds: [s.groupId] })
      await w.call('POST', `/contacts/${s.contactId}/restore`)
    },
  },
  {
    name: 'erasing and adding again',
    covers: ['delete /contacts/{id}'],
    mayErase: true,
    write: async (w, s) => {
      await w.call('DELETE', `/contacts/${s.contactId}`)
      await w.call('POST', '/contacts', { address: s.address, groupIds: [s.groupId] })
    },
  },
  {
    name: 'erasing and importing again',
    mayErase: true,
    write: async (w, s) => {
      await w.call('DELETE', `/contacts/${s.contactId}`)
      for (const mode of modes) await importFile(w, file(`${s.address},Back,no`), { mode, groupIds: [s.groupId] })
    },
  },
  {
    name: 'releasing a hold',
    covers: ['post /contacts/{id}/release'],
    address: () => `${fresh('leaves.')}+tag@post.example`,
    before: async (w, s) => leaveByLink(w, s.address.replace('+tag', '')),
    write: (w, s) => w.call('POST', `/contacts/${s.contactId}/release`),
  },
  {
    name: 'a contact of the same address in another account',
    write: async (w, s) => {
      const other = await w.program.anotherAccount()
      await w.program.api('POST', '/contacts', { address: s.address }, other.apiKey)
    },
  },
]

const groupWriters: Writer[] = [
  {
    name: 'joining other groups',
    covers: ['post /contacts/{id}/groups'],
    write: async (w, s) =>
      w.call('POST', `/contacts/${s.contactId}/groups`, { groupIds: [s.stays.groupId, await makeGroup(w)] }),
  },
  {
    name: 'being added to a group with others',
    covers: ['post /groups/{id}/members'],
    write: (w, s) =>
      w.call('POST', `/groups/${s.stays.groupId}/members`, { contactIds: [s.contactId, s.stays.contactId] }),
  },
  {
    name: 'leaving the group and joining again',
    covers: ['delete /contacts/{id}/groups/{groupId}', 'delete /groups/{id}/members'],
    write: async (w, s) => {
      await w.call('DELETE', `/contacts/${s.contactId}/groups/${s.groupId}`)
      await w.call('DELETE', `/groups/${s.groupId}/members`, { contactIds: [s.contactId] })
      await w.call('POST', `/contacts/${s.contactId}/groups`, { groupIds: [s.groupId] })
    },
  },
  {
    name: 'removing everybody from the group and adding them again',
    covers: ['post /groups/{id}/members/all/remove'],
    write: async (w, s) => {
      await doToGroup(w, s.groupId, 'members/all/remove')
      await w.call('POST', `/groups/${s.groupId}/members`, { contactIds: [s.contactId] })
    },
  },
  {
    name: 'copying the group into another one and into a new one',
    covers: ['post /groups/{id}/copy'],
    write: async (w, s) => {
      const statuses = ['active', 'error']
      await doToGroup(w, s.groupId, 'copy', { to: { groupId: s.stays.groupId }, statuses })
      await doToGroup(w, s.groupId, 'copy', { to: { newGroup: fresh('Copy ') }, statuses })
    },
  },
  {
    name: 'pasting the address into a group, as a contact and as an unknown address',
    covers: ['post /groups/{id}/addresses'],
    mayErase: true,
    write: async (w, s) => {
      const asked = { addresses: [s.address, s.address.toUpperCase()], addUnknown: true }
      await w.call('POST', `/groups/${s.stays.groupId}/addresses`, asked)
      await w.call('DELETE', `/contacts/${s.contactId}`)
      await w.call('POST', `/groups/${s.stays.groupId}/addresses`, asked)
    },
  },
  {
    name: 'archiving, renaming and restoring the group',
    covers: ['post /groups/{id}/archive', 'post /groups/{id}/restore', 'patch /groups/{id}'],
    write: async (w, s) => {
      await w.call('POST', `/groups/${s.groupId}/archive`)
      await w.call('POST', `/groups/${s.groupId}/restore`)
      await w.call('PATCH', `/groups/${s.groupId}`, { name: fresh('Renamed ') })
    },
  },
  ...['active', 'error'].map(
    (status): Writer => ({
      name: `changing the status of everybody in the group to ${status}`,
      covers: ['post /groups/{id}/status'],
      write: (w, s) => changeAll(w, s.groupId, status),
    }),
  ),
  {
    name: 'changing the status of everybody to error, then to active',
    write: async (w, s) => {
      await changeAll(w, s.groupId, 'error')
      await changeAll(w, s.groupId, 'active')
    },
  },
  {
    name: 'changing everybody back after a bulk opt-out',
    leave: (w, s) => changeAll(w, s.groupId, 'opt_out'),
    write: (w, s) => changeAll(w, s.groupId, 'active'),
  },
]

export const writers: Writer[] = [
  ...contactWriters,
  ...groupWriters,
  ...bulkWriters,
  ...identityWriters,
  ...importWriters,
  ...undoWriters,
  ...optOutWriters,
  ...preferenceWriters,
  ...formWriters,
  ...sendingWriters,
  ...returnWriters,
  ...trackingWriters,
  ...sqlWriters,
]

/** Operations that change something, but neither a contact nor who gets a mailing; sending itself is what every row does. */
export const harmless = [
  'post /owner',
  'post /session',
  'delete /session',
  'patch /account',
  'post /api-keys',
  'delete /api-keys/{id}',
  'post /jobs/{id}/cancel',
  'post /groups',
  'post /fields',
  'post /fields/order',
  'patch /fields/{id}',
  'post /fields/{id}/archive',
  'post /fields/{id}/restore',
  'post /segments',
  'post /templates',
  'post /templates/preview',
  'delete /templates/{id}',
  'post /saved-blocks',
  'delete /saved-blocks/{id}',
  'post /images',
  'post /segments/preview',
  'patch /segments/{id}',
  'post /segments/{id}/archive',
  'post /segments/{id}/restore',
  'post /contacts/selection',
  'post /contacts/erase/check',
  'post /exports',
  'post /exports/{id}/cancel',
  'post /forms',
  'post /forms/preview',
  'patch /forms/{id}',
  'post /forms/{id}/default',
  'post /topics',
  'post /topics/order',
  'patch /topics/{id}',
  'post /topics/{id}/archive',
  'post /topics/{id}/restore',
  'post /mailings',
  'patch /mailings/{id}',
  'delete /mailings/{id}',
  'post /mailings/{id}/check',
  'post /mailings/{id}/send',
  'post /mailings/{id}/pause',
  'post /mailings/{id}/resume',
  'post /mailings/{id}/cancel',
]
