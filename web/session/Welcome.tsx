import { Button, PasswordInput, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { newOwner } from '../../src/accounts/session.contract.ts'
import { ApiFailure, anything, post } from '../api.ts'
import { paths } from '../paths.ts'
import { TextLink } from '../ui/links.tsx'
import { Front } from './Front.tsx'
import { formText } from './formText.ts'

type Problems = Partial<Record<'email' | 'password' | 'name' | 'accountName', string>>

/** Creates the owner. The token stands behind the # so that no server log keeps it. */
export function Welcome() {
  const [token] = useState(() => window.location.hash.slice(1))
  const [problems, setProblems] = useState<Problems>({})
  const client = useQueryClient()
  const navigate = useNavigate()
  const create = useMutation({
    mutationFn: (owner: unknown) => post('/owner', anything, owner),
    onSuccess: async () => {
      client.clear()
      await navigate({ to: paths.home, replace: true })
    },
  })
  function submit(form: FormData) {
    const text = (name: string) => formText(form, name)
    const parsed = newOwner.safeParse({
      token,
      email: text('email').trim(),
      password: text('password'),
      accountName: text('accountName').trim(),
      ...(text('name').trim() ? { name: text('name').trim() } : {}),
    })
    const found: Problems = {}
    for (const issue of parsed.error?.issues ?? []) {
      const field = String(issue.path[0])
      if (isField(field)) found[field] ??= issue.message
    }
    setProblems(found)
    if (parsed.success) create.mutate(parsed.data)
    else document.querySelector<HTMLInputElement>(`[name="${Object.keys(found)[0]}"]`)?.focus()
  }
  if (token === '')
    return (
      <Front title="Welcome" note="This page needs the whole link" onSubmit={() => undefined}>
        <Text size="sm">
          Open the link that the program printed when it started, with everything after the #. Is there an owner
          already? <TextLink to={paths.signIn()}>Sign in</TextLink>
        </Text>
      </Front>
    )
  return (
    <Front title="Welcome to Last Word" note="Create the owner. This link works once." onSubmit={submit}>
      <div className="stack tight">
        <TextInput
          name="accountName"
          label="Name of the account"
          description="Recipients see it: usually your organization’s name"
          autoComplete="organization"
          error={problems.accountName}
        />
        <TextInput name="name" label="Your name (if you like)" autoComplete="name" error={problems.name} />
        <TextInput name="email" label="Email address" type="email" autoComplete="username" error={problems.email} />
        <PasswordInput
          name="password"
          label="Password"
          description="At least 8 characters, any of them"
          autoComplete="new-password"
          error={problems.password}
          visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
        />
      </div>
      {create.error && (
        <Text size="sm" c="red" role="alert">
          {create.error.message}
          {create.error instanceof ApiFailure && create.error.code === 'owner.link_used' && (
            <>
              {' '}
              <TextLink to={paths.signIn()}>Sign in</TextLink>
            </>
          )}
        </Text>
      )}
      <Button fullWidth type="submit" loading={create.isPending}>
        Create owner
      </Button>
    </Front>
  )
}

const isField = (name: string): name is keyof Problems => ['email', 'password', 'name', 'accountName'].includes(name)
