import { Button, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { account as accountSchema } from '../../src/accounts/account.contract.ts'
import { type Form, form as formSchema, type NewForm, newForm } from '../../src/audience/form.contract.ts'
import { faultsOf, get, isNotFound, messageOf, patch, post } from '../api.ts'
import { FaultCount, useFaults } from '../audience/FieldFaults.tsx'
import { NotFound } from '../frame/NotFound.tsx'
import { paths } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count } from '../ui/format.ts'
import { LeaveGuard } from '../ui/LeaveGuard.tsx'
import { TextLink } from '../ui/links.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { FormParts } from './FormParts.tsx'
import { FormPreview } from './FormPreview.tsx'
import { FormShare } from './FormShare.tsx'

const crumbs = [
  { name: 'Audience', to: paths.contacts },
  { name: 'Sign-up forms', to: paths.forms },
]

export function FormPage() {
  const { id = '' } = useParams({ strict: false })
  const isNew = id === 'new'
  const found = useQuery({
    queryKey: ['forms', 'one', id],
    queryFn: () => get(`/forms/${id}`, formSchema),
    enabled: !isNew,
  })
  const account = useQuery({ queryKey: ['account'], queryFn: () => get('/account', accountSchema) })
  const error = found.error ?? account.error
  if (isNotFound(found.error)) return <NotFound />
  if (account.data && (isNew || found.data))
    return (
      <Editor
        key={id}
        form={found.data ?? null}
        initial={draftOf(found.data ?? null, account.data)}
        canSend={account.data.senderAddress !== ''}
      />
    )
  return (
    <>
      <PageHeader crumbs={crumbs} title="Sign-up form" />
      <div className="body">
        {error ? (
          <ErrorPanel title="The form could not be loaded" error={error} onRetry={() => void found.refetch()} />
        ) : (
          <Waiting />
        )}
      </div>
    </>
  )
}

/** What can be changed of a form; for a new one with words to begin with. */
function draftOf(form: Form | null, { name, language }: { name: string; language: string }): NewForm {
  const known = newForm.shape.language.catch('en').parse(language)
  const { heading, consent } = firstWords[known](name)
  return {
    name: form?.name ?? '',
    language: form?.language ?? known,
    heading: form?.heading ?? heading,
    intro: form?.intro ?? '',
    consent: form?.consent ?? consent,
    thanks: form?.thanks ?? '',
    returnUrl: form?.returnUrl ?? '',
    fields: form?.fields ?? [],
    topicIds: form?.topicIds ?? [],
    groupIds: form?.groupIds ?? [],
  }
}

const firstWords: Record<NewForm['language'], (sender: string) => { heading: string; consent: string }> = {
  en: (sender) => ({
    heading: `Get mail from ${sender}`,
    consent: `Yes, ${sender} may send me mail. I can opt out at any time with a link in every mail.`,
  }),
  de: (sender) => ({
    heading: `E-Mails von ${sender}`,
    consent: `Ja, ${sender} darf mir E-Mails schicken. Mit einem Link in jeder E-Mail kann ich sie jederzeit wieder abbestellen.`,
  }),
  ar: (sender) => ({
    heading: `رسائل ${sender}`,
    consent: `نعم، يمكن أن يرسل ${sender} رسائل إليّ. أستطيع إلغاء الاشتراك في أي وقت برابط موجود في كل رسالة.`,
  }),
}

function Editor({ form, initial, canSend }: { form: Form | null; initial: NewForm; canSend: boolean }) {
  const [draft, setDraft] = useState(initial)
  const [saved, setSaved] = useState(initial)
  const client = useQueryClient()
  const navigate = useNavigate()
  const element = useRef<HTMLFormElement>(null)
  const { faults, show, clear } = useFaults(element)
  const isChanged = JSON.stringify(draft) !== JSON.stringify(saved)
  const save = useMutation({
    mutationFn: (body: NewForm) =>
      form ? patch(`/forms/${form.id}`, formSchema, body) : post('/forms', formSchema, body),
    onSuccess: async (stored, sent) => {
      setSaved(sent)
      client.setQueryData(['forms', 'one', stored.id], stored)
      await client.invalidateQueries({ queryKey: ['forms', 'list'] })
      noticeDone('Saved.')
      if (!form) await navigate({ to: paths.form(stored.id), replace: true, ignoreBlocker: true })
    },
    onError: (error) => show(faultsOf(error)),
  })
  function submit() {
    const parsed = newForm.safeParse(draft)
    if (parsed.success) return save.mutate(draft)
    save.reset()
    show(Object.fromEntries(parsed.error.issues.map(({ path, message }) => [String(path[0]), message])))
  }
  return (
    <>
      <LeaveGuard active={isChanged} />
      <PageHeader
        crumbs={crumbs}
        title={form ? form.name : 'New sign-up form'}
        note={form && <Note form={form} />}
        actions={
          <>
            {isChanged && form && (
              <Button
                variant="default"
                onClick={() => {
                  setDraft(saved)
                  show({})
                }}
              >
                Discard
              </Button>
            )}
            <Button disabled={!isChanged && form !== null} loading={save.isPending} onClick={submit} data-primary>
              Save
            </Button>
          </>
        }
      />
      <div className="body">
        {!canSend && (
          <Banner tint="errored" title="Confirmation mails wait">
            There is no sender address. Enter one in <TextLink to={paths.sender}>Settings, Sender</TextLink>, and they
            leave.
          </Banner>
        )}
        {Object.keys(faults).length > 0 && <FaultCount faults={faults} />}
        {save.error && Object.keys(faults).length === 0 && (
          <Text c="red" role="alert">
            {messageOf(save.error)}
          </Text>
        )}
        <div className="split form-editor">
          <form
            ref={element}
            className="stack"
            noValidate
            onSubmit={(event) => {
              event.preventDefault()
              submit()
            }}
          >
            <FormParts
              draft={draft}
              faults={faults}
              onChange={(change) => {
                setDraft((before) => ({ ...before, ...change }))
                for (const name of Object.keys(change)) clear(name)
              }}
            />
          </form>
          <aside className="stack" aria-label="How people see it">
            {form && form.archivedAt === null && <FormShare form={form} />}
            <FormPreview draft={draft} />
          </aside>
        </div>
      </div>
    </>
  )
}

function Note({ form: { counts, version, archivedAt } }: { form: Form }) {
  return (
    <>
      {archivedAt !== null && 'Archived: it takes no sign-ups. '}
      {count(counts.waiting)} waiting, {count(counts.confirmed)} confirmed. Wording version {count(version)}.
    </>
  )
}
