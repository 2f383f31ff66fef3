// What imports, and undoing them, could do to somebody who opted out.
import type { Writer } from './promise-statements.ts'
import { fresh, importFile, undoLast } from './promise-world.ts'

export const modes = ['add_and_update', 'add_only', 'update_only']
export const file = (...lines: string[]) => ['Email,First name,Opted out', ...lines].join('\n')

export const importWriters: Writer[] = [
  ...modes.map(
    (mode): Writer => ({
      name: `importing the address, mode ${mode}`,
      covers: ['post /imports'],
      write: async (w, s) =>
        importFile(w, file(`${s.address.toUpperCase()},Back,no`), {
          mode,
          groupIds: [s.groupId, s.stays.groupId],
          newGroups: [fresh('New ')],
          emptyCells: 'clear',
        }),
    }),
  ),
  {
    name: 'importing it many times in one file, saying that it did not opt out',
    write: (w, s) =>
      importFile(w, file(`${s.address},A,no`, `"<${s.address}>",B,no`, `mailto:${s.address},C,0`, `${s.address}.,D,`)),
  },
  {
    name: 'importing a file of opt-outs, then the same file without',
    leave: (w, s) => importFile(w, file(`${s.address},,yes`), { asOptOuts: true }),
    write: (w, s) => importFile(w, file(`${s.address},Back,no`), { groupIds: [s.groupId] }),
  },
  {
    name: 'importing a file whose column says so, then one whose column says no',
    leave: (w, s) =>
      importFile(w, file(`${s.address},,yes`), {
        mapping: { Email: 'address', 'First name': 'first_name', 'Opted out': 'opt_out' },
      }),
    write: (w, s) =>
      importFile(w, file(`${s.address},Back,no`), {
        mapping: { Email: 'address', 'First name': 'first_name', 'Opted out': 'opt_out' },
      }),
  },
  {
    name: 'uploading first, checking, then starting',
    covers: [
      'post /imports/uploads',
      'post /imports/{id}/inspect',
      'post /imports/{id}/check',
      'post /imports/{id}/start',
      'post /imports/{id}/cancel',
    ],
    write: async (w, s) => {
      const form = new FormData()
      form.set('file', new Blob([file(`${s.address},Back,no`)]), 'people.csv')
      const { body } = await w.call('POST', '/imports/uploads', form)
      await w.call('POST', `/imports/${String(body.id)}/inspect`, {})
      await w.call('POST', `/imports/${String(body.id)}/check`, { groupIds: [s.groupId] })
      await w.call('POST', `/imports/${String(body.id)}/start`, { groupIds: [s.groupId] })
      await w.call('POST', `/imports/${String(body.id)}/cancel`)
    },
  },
]

export const undoWriters: Writer[] = [
  {
    name: 'undoing the import that added it',
    covers: ['post /imports/{id}/undo', 'post /imports/{id}/resume'],
    before: async (w, s) => {
      await w.call('DELETE', `/contacts/${s.contactId}`)
      await importFile(w, file(`${s.address},Ann,no`), { groupIds: [s.groupId] })
    },
    mayErase: true,
    write: async (w) => {
      const importId = await undoLast(w)
      await w.call('POST', `/imports/${importId}/resume`)
    },
  },
  {
    name: 'undoing an import that changed it before it left',
    before: (w, s) => importFile(w, file(`${s.address},Former,no`), { groupIds: [s.stays.groupId] }),
    write: (w) => undoLast(w),
  },
  {
    name: 'undoing an import that met it after it left',
    write: async (w, s) => {
      await importFile(w, file(`${s.address},Back,no`, `${fresh('other.')}@post.example,New,no`), {
        groupIds: [s.groupId],
      })
      await undoLast(w)
    },
  },
  {
    name: 'undoing the import whose column opted it out',
    leave: (w, s) =>
      importFile(w, file(`${s.address},,yes`, `${fresh('other.')}@post.example,New,no`), {
        mapping: { Email: 'address', 'First name': 'first_name', 'Opted out': 'opt_out' },
      }),
    write: async (w, s) => {
      await undoLast(w)
      await importFile(w, file(`${s.address},Back,no`), { groupIds: [s.groupId] })
      await undoLast(w)
    },
  },
]
