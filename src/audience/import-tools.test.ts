import { expect, test } from 'vitest'
import { recogniseTool, wordOfTool } from './import-tools.ts'

const tool = (headers: string) => recogniseTool(headers.split(','), true)

test.each([
  [
    'Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON,LEID,EUID',
    'Mailchimp',
    'everybody',
    null,
  ],
  ['Email Address,First Name,MEMBER_RATING,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,LEID,EUID', 'Mailchimp', 'everybody', null],
  ['Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID,NOTES,TAGS', 'Mailchimp', 'nobody', null],
  ['email,created,reason,status', 'SendGrid', 'everybody', null],
  ['email,created', 'SendGrid', 'everybody', null],
  ['email,created,ip', 'SendGrid', 'everybody', null],
  ['CONTACT ID,EMAIL,FIRSTNAME,EMAIL_BLACKLISTED', 'Brevo', 'column', 'EMAIL_BLACKLISTED'],
  [
    'Email,Klaviyo ID,First Name,Email Marketing Consent,Email Suppressions',
    'Klaviyo',
    'column',
    'Email Marketing Consent',
  ],
  [
    'Record ID,Email,Unsubscribed from all email,Marketing contact status',
    'HubSpot',
    'column',
    'Unsubscribed from all email',
  ],
  ['Email Address,Name,State,Date', 'Campaign Monitor', 'column', 'State'],
  ['email,member_status_id,first_name', 'Emma', 'column', 'member_status_id'],
  ['uuid,email,name,attributes,status,created_at,updated_at', 'listmonk', 'column', 'status'],
  ['id,email,firstname,dnc_reason', 'Mautic', 'column', 'dnc_reason'],
  ['Subscriber,Status,Subscribed,Sent,Opens,Clicks', 'MailerLite', 'column', 'Status'],
])('%s is recognised (IM-6)', (headers, name, says, column) => {
  expect(tool(headers)).toMatchObject({ name, says, column })
})

test('other files are nobody’s export', () => {
  for (const headers of ['email,first name,town', 'E-Mail;Vorname', 'name,created,email', 'email,created,town'])
    expect(tool(headers)).toBeNull()
  expect(recogniseTool(['email', 'created', 'ip'], false)).toBeNull()
})

test('words that are one program’s own mean what they mean there', () => {
  expect(wordOfTool('Emma', ' A ')).toBe(false)
  expect(wordOfTool('Emma', 'o')).toBe(true)
  expect(wordOfTool('Mautic', '1')).toBe(true)
  expect(wordOfTool('Emma', 'constructor')).toBeUndefined()
  expect(wordOfTool(null, 'o')).toBeUndefined()
})
