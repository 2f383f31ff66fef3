import { signLink } from '../src/optouts/link.ts'
import type { Program } from './program.ts'
import { keyOf } from './sample.ts'

type Given = Pick<Program, 'core' | 'accountId'> & { url: string }

/** The preferences page of an address, as the link in a mail opens it. */
export function pageOf({ core, accountId, url }: Given, address: string, mailingId: string | null = null) {
  const { token } = signLink(core.keys.link, { accountId, addressKey: keyOf(core, address), mailingId })
  return `${url}/p/${token}`
}

/** Presses a button of a page, with what stands in its form. */
export async function press(
  page: string,
  act: string,
  form: Record<string, string | string[]> = {},
): Promise<{ status: number; text: string }> {
  const body = new URLSearchParams({ act })
  for (const [name, values] of Object.entries(form)) for (const value of [values].flat()) body.append(name, value)
  const answer = await fetch(page, { method: 'POST', redirect: 'manual', body })
  return { status: answer.status, text: await answer.text() }
}
