import { Button, PasswordInput, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { z } from 'zod'
import { anything, post } from '../api.ts'
import { paths } from '../paths.ts'
import { Front } from './Front.tsx'
import { formText } from './formText.ts'
import { useSetup } from './session.ts'

/** Only a path of our own may be the place to go on to: never `//host` or a full URL. */
const signInSearch = z.object({
  to: z
    .string()
    .regex(/^\/(?![/\\])/)
    .catch(paths.home),
})

export function SignIn() {
  const { to } = signInSearch.parse(useSearch({ strict: false }))
  const setup = useSetup()
  const client = useQueryClient()
  const navigate = useNavigate()
  const email = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)
  const [missing, setMissing] = useState<{ email?: string; password?: string }>({})
  const signIn = useMutation({
    mutationFn: (credentials: { email: string; password: string }) => post('/session', anything, credentials),
    onSuccess: async () => {
      client.clear()
      await navigate({ href: to, replace: true })
    },
    onError: () => password.current?.focus(),
  })
  function submit(form: FormData) {
    const credentials = { email: formText(form, 'email').trim(), password: formText(form, 'password') }
    const found = {
      ...(credentials.email ? {} : { email: 'Enter your email address.' }),
      ...(credentials.password ? {} : { password: 'Enter your password.' }),
    }
    setMissing(found)
    if (found.email) email.current?.focus()
    else if (found.password) password.current?.focus()
    else signIn.mutate(credentials)
  }
  return (
    <Front
      title="Sign in"
      note="To your mailings"
      onSubmit={submit}
      under={
        <>
          Did you get a mail and want out? Use <i>Opt out</i> at the end of that mail; you need no account.
        </>
      }
    >
      {setup.data?.ownerNeeded && (
        <Text size="sm" role="status">
          Nobody can sign in yet. Open the link that the program printed when it started; it creates the owner.
        </Text>
      )}
      <div className="stack tight">
        <TextInput
          ref={email}
          name="email"
          label="Email address"
          type="email"
          autoComplete="username"
          error={missing.email}
        />
        <PasswordInput
          ref={password}
          name="password"
          label="Password"
          autoComplete="current-password"
          error={missing.password}
          visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
        />
      </div>
      {signIn.error && (
        <Text size="sm" c="red" role="alert">
          {signIn.error.message}
        </Text>
      )}
      <Button fullWidth type="submit" loading={signIn.isPending}>
        Sign in
      </Button>
    </Front>
  )
}
