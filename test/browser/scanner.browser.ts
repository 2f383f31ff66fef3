// A scanner that runs scripts opens every link of a tracked mail (AB-1); then the screens that show what came back.
import { inspect, looks } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { signInAnyWidth } from './sign-in.ts'

type Made = { id: string }

/** A tracked mailing to one person, sent; gives it and the links of the mail. */
async function sendTracked({ api, url }: Program) {
  const elsewhere = url.replace('localhost', '127.0.0.1') // another host by name, so that links to it are tracked
  await api('PATCH', '/account', {
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
  })
  const group = await api<Made>('POST', '/groups', { name: 'Members' })
  const contact = await api<Made>('POST', '/contacts', { address: 'ada@post.example', groupIds: [group.id] })
  const mailing = await api<Made>('POST', '/mailings', {
    name: 'Autumn bulbs',
    subject: 'Autumn bulbs',
    html: `<p><a href="${elsewhere}/healthz?bulbs">Bulbs</a> <a href="${elsewhere}/healthz?visit">Visit</a></p>`,
    groupIds: [group.id],
    tracking: true,
  })
  await api('POST', `/mailings/${mailing.id}/send`, {})
  await expect.poll(async () => (await api<{ status: string }>('GET', `/mailings/${mailing.id}`)).status).toBe('sent')
  const { items } = await api<{ items: Made[] }>('GET', '/mailbox')
  const letter = await api<{ html: string }>('GET', `/mailbox/${items[0]?.id ?? ''}`)
  const links = [...letter.html.matchAll(/(?:href|src)="(http:\/\/localhost[^"]+)"/g)].map(([, link = '']) => link)
  return { mailingId: mailing.id, contactId: contact.id, links: [...new Set(links)] }
}

test('a browser with scripts opens every link of a mail and nobody changes', async ({ page, program, browser }) => {
  const { mailingId, contactId, links } = await sendTracked(program)
  for (const path of ['/c/', '/i/', '/o/', '/p/', '/v/', '/s/'])
    expect(
      links.filter((link) => new URL(link).pathname.startsWith(path)),
      path,
    ).not.toEqual([])
  const state = async () => ({
    contact: await program.api('GET', `/contacts/${contactId}`),
    history: await program.api('GET', `/contacts/${contactId}/history`),
    optOuts: await program.api('GET', '/opt-outs'),
  })
  const before = await state()
  const scanner = await browser.newContext({ javaScriptEnabled: true })
  await Promise.all(
    links.map(async (link) => {
      const tab = await scanner.newPage()
      await tab.goto(link)
      await tab.waitForTimeout(2000) // what a script or a refresh would do by itself
    }),
  )
  await scanner.close()
  type Response = { machineOpens: number; machineClicks: number }
  await expect
    .poll(async () => {
      const { machineOpens, machineClicks } = await program.api<Response>('GET', `/mailings/${mailingId}/response`)
      return [machineOpens > 0, machineClicks]
    })
    .toEqual([true, 2])
  expect(await state()).toEqual(before)

  for (const { colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 860 })
    if (width === looks[0].width) await signInAnyWidth(page, program)
    await page.goto(`${program.url}/mailings/${mailingId}`)
    await expect(page.getByRole('heading', { name: 'Links' })).toBeVisible()
    await inspect(page, 'mailing-response')
    await page.goto(`${program.url}/settings/sender`)
    await expect(page.getByRole('checkbox', { name: 'Track opens and clicks' })).not.toBeChecked()
    await inspect(page, 'sender-tracking')
  }
})
