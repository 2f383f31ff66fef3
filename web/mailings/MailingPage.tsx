import { useParams } from '@tanstack/react-router'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { MailingAudience } from './MailingAudience.tsx'
import { MailingProgress } from './MailingProgress.tsx'
import { MailingSend } from './MailingSend.tsx'
import { MailingWrite } from './MailingWrite.tsx'
import { useMailing } from './mailings.ts'

const steps = { write: MailingWrite, audience: MailingAudience, send: MailingSend }

/** A draft is written in three steps, each with its own URL; anything else shows how it goes. */
function page(step: keyof typeof steps) {
  const Step = steps[step]
  return function MailingPage() {
    const { id = '' } = useParams({ strict: false })
    const mailing = useMailing(id)
    if (mailing.data)
      return mailing.data.status === 'draft' ? (
        <Step mailing={mailing.data} />
      ) : (
        <MailingProgress mailing={mailing.data} />
      )
    return (
      <>
        <PageHeader title="Mailing" />
        <div className="body">
          {mailing.error ? (
            <ErrorPanel
              title="The mailing could not be loaded"
              error={mailing.error}
              onRetry={() => void mailing.refetch()}
            />
          ) : (
            <Waiting />
          )}
        </div>
      </>
    )
  }
}

export const WritePage = page('write')
export const AudiencePage = page('audience')
export const SendPage = page('send')
