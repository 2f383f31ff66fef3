// A second PostgreSQL for the tests, as an operator would bring with DATABASE_URL: Debian's, in a private cluster.
import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './run.mjs'

const home = '/usr/lib/postgresql'

/** The directory with initdb and pg_ctl of the newest version, or null. */
export function postgresPrograms() {
  try {
    const [newest] = readdirSync(home).sort((one, other) => Number(other) - Number(one))
    return newest ? join(home, newest, 'bin') : null
  } catch {
    return null
  }
}

/** Calls `use` with the URL of a fresh server; leaves it out with a message when there is none. */
export async function withSecondPostgres(use) {
  const programs = postgresPrograms()
  if (!programs) return console.log('\nNo second PostgreSQL here: the tests ran on the embedded one only.')
  const folder = mkdtempSync(join(tmpdir(), 'last-word-second-'))
  const user = unprivileged()
  if (user) chownSync(folder, user.uid, user.gid)
  const call = (program, args) => execFileSync(join(programs, program), args, { cwd: folder, stdio: 'pipe', ...user })
  const data = join(folder, 'data')
  // Durability is not what these tests ask about; a locale of its own is what a usual server has.
  const options = `-c listen_addresses= -c unix_socket_directories=${folder} -c fsync=off -c max_connections=200`
  try {
    call('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'])
    call('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start'])
    await use(`postgres://postgres@localhost:5432/postgres?host=${encodeURIComponent(folder)}`)
  } finally {
    try {
      call('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop'])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** The test files that ask a database; the ones that bring their own server are left out. */
export function testsOnDatabase() {
  const files = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((path) => join(folder, path))
      .filter((path) => path.endsWith('.test.ts')),
  )
  return files.filter((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return /freshDatabase|startProgram/.test(text) && !/second PostgreSQL: no/.test(text)
  })
}

function unprivileged() {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:') || entry.startsWith('nobody:'))
  const [, , uid, gid] = line.split(':')
  return { uid: Number(uid), gid: Number(gid) }
}
