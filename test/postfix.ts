// A Postfix of our own in a temporary folder: a real relay that delivers to files. Nothing leaves the machine.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { promisify } from 'node:util'
import type { Smtp } from '../src/platform/relay.ts'
import { selfSigned } from './smtp.ts'

export type Postfix = {
  /** Its relay for programs on this machine, without TLS. */
  smtp: Smtp
  /** Every message delivered so far, with what Postfix puts above it; lines end with LF. */
  messages: () => Buffer[]
  /** How many there are. */
  count: () => number
  /** Those delivered to an address. */
  messagesTo: (address: string) => Buffer[]
  log: () => string
  stop: () => Promise<void>
}

/** Postfix must be installed and we must be root: it changes to users of its own. */
export const mayRunPostfix = getuid?.() === 0 && existsSync('/usr/sbin/postfix') && hasUser('postfix')

function hasUser(name: string): boolean {
  return readFileSync('/etc/passwd', 'utf8').includes(`\n${name}:`)
}

/**
 * Starts a Postfix on a free loopback port that accepts every address at `domain`, also with a number after its first
 * label (post12.example), and refuses all others.
 *
 * @param rejected parts before the @ that do not exist there (550 5.1.1)
 * @param routes more lines of a transport(5) table of regular expressions, and the domains that it may relay for
 */
export async function startPostfix({
  domain = 'post.example',
  rejected = [] as string[],
  routes = { lines: [] as string[], domains: [] as string[] },
} = {}): Promise<Postfix> {
  const home = mkdtempSync(join(tmpdir(), 'last-word-postfix-'))
  await chmod(home, 0o755)
  const port = await freePort()
  const mail = join(home, 'mail')
  for (const folder of ['config', 'spool', 'data', 'mail']) mkdirSync(join(home, folder))
  const uid = idOf('postfix', '-u')
  execFileSync('chown', ['postfix', join(home, 'data'), mail])
  const tls = selfSigned()
  writeFileSync(join(home, 'config', 'tls.pem'), tls.key + tls.cert, { mode: 0o600 })
  writeFileSync(join(home, 'config', 'main.cf'), settings(home, domain, uid, routes.domains))
  writeFileSync(join(home, 'config', 'master.cf'), services(port))
  writeFileSync(join(home, 'config', 'domains'), `/^${domainPattern(domain)}$/ ours\n`)
  writeFileSync(join(home, 'config', 'transport'), `${routes.lines.join('\n')}\n`)
  writeFileSync(join(home, 'config', 'mailboxes'), mailboxMap(domain, rejected))
  const config = join(home, 'config')
  const control = (command: string) => promisify(execFile)('/usr/sbin/postfix', ['-c', config, command])
  await control('start')
  return {
    smtp: { host: '127.0.0.1', port, implicitTls: false, plain: true, user: '', password: '', connections: 4 },
    messages: () => filesOf(join(mail, 'all', 'new')),
    count: () => (existsSync(join(mail, 'all', 'new')) ? readdirSync(join(mail, 'all', 'new')).length : 0),
    messagesTo: (address) => filesOf(join(mail, 'all', 'new')).filter((raw) => isFor(raw, address)),
    log: () => (existsSync(join(home, 'log')) ? readFileSync(join(home, 'log'), 'utf8') : ''),
    stop: async () => {
      await control('stop').finally(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))
    },
  }
}

const filesOf = (folder: string): Buffer[] =>
  existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(join(folder, name))) : []

/** Postfix notes above the message whom it was for. */
function isFor(raw: Buffer, address: string): boolean {
  const [head = ''] = raw.toString('latin1').split('\n\n', 1)
  return head.toLowerCase().includes(`\nx-original-to: ${address.toLowerCase()}\n`)
}

/** Everybody's mail lies in one Maildir: Postfix allows no parts of an address in a path. */
const mailboxMap = (domain: string, rejected: string[]) => `if !/^(${['-', ...rejected].join('|')})@/
/@${domainPattern(domain)}$/ all/
endif
`

const domainPattern = (domain: string) => domain.replace('.', '[0-9]*.').replaceAll('.', '\\.')

const idOf = (user: string, option: string) => execFileSync('id', [option, user], { encoding: 'utf8' }).trim()

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address && typeof address === 'object' ? address.port : 0))
    })
  })
}

const settings = (home: string, domain: string, uid: string, relayed: string[]) => `
compatibility_level = 3.6
queue_directory = ${home}/spool
data_directory = ${home}/data
maillog_file = ${home}/log
maillog_file_prefixes = ${home}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.${domain}
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains = ${relayed.join(' ')}
transport_maps = regexp:${home}/config/transport
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
virtual_mailbox_domains = regexp:${home}/config/domains
virtual_mailbox_base = ${home}/mail
virtual_mailbox_maps = regexp:${home}/config/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:${uid}
virtual_gid_maps = static:${idOf('postfix', '-g')}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_chain_files = ${home}/config/tls.pem
smtpd_tls_security_level = may
smtpd_client_connection_count_limit = 0
smtputf8_enable = yes
message_size_limit = 20000000
mailbox_size_limit = 0
`

const services = (port: number) => `
127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
smtp unix - - n - - smtp
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
`
