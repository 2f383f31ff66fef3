import { paths } from '../paths.ts'
import { TextLink } from '../ui/links.tsx'

/** A sentence with the mailing's name as a link, where it names one. */
export function MailingText({ text, mailing }: { text: string; mailing: { id: string; name: string | null } | null }) {
  const at = mailing?.name ? text.lastIndexOf(mailing.name) : -1
  if (!mailing?.name || at < 0) return <>{text}</>
  return (
    <>
      {text.slice(0, at)}
      <TextLink to={paths.mailing(mailing.id)} inherit>
        {mailing.name}
      </TextLink>
      {text.slice(at + mailing.name.length)}
    </>
  )
}
