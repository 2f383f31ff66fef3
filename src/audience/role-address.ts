/** Mailboxes of a function (RFC 2142, RFC 5321 §4.5.1) and what lists and programs are commonly called. */
const ROLES = new Set(
  `abuse admin administrator billing contact customerservice devnull dns enquiries enquiry feedback ftp help helpdesk
   hostmaster info information inquiries inoc ispfeedback ispsupport list list-request mail mailer-daemon mailerdaemon
   marketing media news newsletter no-reply no_reply noc nobody noreply donotreply do-not-reply null office orders
   phishing post postmaster press privacy registrar remove root sales security service spam subscribe support sysadmin
   tech undisclosed-recipients unsubscribe usenet uucp webmaster www buero kontakt verwaltung vertrieb rechnung`.split(
    /\s+/,
  ),
)

/** Whether an address is that of a role, read by several people or by none (AB-10). */
export function isRoleAddress(canonical: string): boolean {
  const local = canonical.slice(0, canonical.lastIndexOf('@')).replace(/\+.*$/, '')
  return ROLES.has(local) || /^owner-|-(?:request|owner|bounces|admin)$/.test(local)
}
