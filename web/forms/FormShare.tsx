import { Button, Text } from '@mantine/core'
import { IconCheck, IconCode, IconExternalLink, IconLink } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type Form, formHtml } from '../../src/audience/form.contract.ts'
import { get } from '../api.ts'
import { Copy } from '../ui/Copy.tsx'
import { Panel } from '../ui/Panel.tsx'
import { useMakeDefault } from './forms.ts'

/** Where the form is: its page, the code for a page of one's own, and the account's own sign-up address. */
export function FormShare({ form: { id, url, isDefault, updatedAt } }: { form: Form }) {
  const code = useQuery({
    queryKey: ['forms', 'embed', id, updatedAt],
    queryFn: async () => (await get(`/forms/${id}/embed`, formHtml)).html,
  })
  const makeDefault = useMakeDefault()
  return (
    <Panel title="Share it">
      <div className="stack tight">
        <code className="mono form-url">{url}</code>
        <div className="row">
          <Copy value={url}>
            {(copy, copied) => (
              <Button variant="default" leftSection={<Sign icon={copied ? IconCheck : IconLink} />} onClick={copy}>
                {copied ? 'Copied' : 'Copy link'}
              </Button>
            )}
          </Copy>
          {code.data !== undefined && (
            <Copy value={code.data}>
              {(copy, copied) => (
                <Button variant="default" leftSection={<Sign icon={copied ? IconCheck : IconCode} />} onClick={copy}>
                  {copied ? 'Copied' : 'Copy code'}
                </Button>
              )}
            </Copy>
          )}
          <Button
            component="a"
            href={url}
            target="_blank"
            rel="noreferrer"
            variant="default"
            leftSection={<Sign icon={IconExternalLink} />}
          >
            Open
          </Button>
        </div>
        <Text size="xs" c="dimmed">
          The code is plain HTML for a page of your own. Who uses it presses Sign up once more on the hosted page.
        </Text>
        {isDefault ? (
          <Text size="sm">This is the default form: mailings lead to it for people who want to sign up again.</Text>
        ) : (
          <div>
            <Button variant="default" loading={makeDefault.isPending} onClick={() => makeDefault.mutate(id)}>
              Make it the default form
            </Button>
          </div>
        )}
      </div>
    </Panel>
  )
}

const Sign = ({ icon: Icon }: { icon: typeof IconLink }) => <Icon size={16} aria-hidden />
