import { paths } from '../paths.ts'
import { TextLink } from '../ui/links.tsx'

const steps = [
  { name: 'Write', to: paths.mailing },
  { name: 'Audience', to: paths.mailingAudience },
  { name: 'Check and send', to: paths.mailingSend },
]
export type MailingStep = 'Write' | 'Audience' | 'Check and send'

export function MailingSteps({ id, at }: { id: string; at: MailingStep }) {
  const now = steps.findIndex(({ name }) => name === at)
  return (
    <ol className="steps" aria-label="Steps">
      {steps.map(({ name, to }, index) => (
        <li
          key={name}
          className={index < now ? 'done' : ''}
          {...(index === now ? { 'aria-current': 'step' as const } : {})}
        >
          {index < now ? (
            <TextLink to={to(id)} underline="hover" c="inherit" size="sm">
              {name}
            </TextLink>
          ) : (
            name
          )}
        </li>
      ))}
    </ol>
  )
}
