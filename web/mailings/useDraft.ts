import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { type Mailing, type MailingChange, mailing as mailingSchema } from '../../src/mailings/mailing.contract.ts'
import { faultsOf, messageOf, patch } from '../api.ts'

const QUIET_MS = 800

export type Draft = ReturnType<typeof useDraft>

/** Keeps a draft and saves it by itself when nothing was typed for a moment; `flush` saves what is left now. */
export function useDraft(mailing: Mailing) {
  const [draft, setDraft] = useState(mailing)
  const [state, setState] = useState<{ saving: boolean; problem: string; faults: Record<string, string> }>(idle)
  const waiting = useRef<MailingChange>({})
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const client = useQueryClient()
  const save = useCallback(async () => {
    clearTimeout(timer.current)
    const change = waiting.current
    if (Object.keys(change).length === 0) return true
    waiting.current = {}
    setState({ ...idle, saving: true })
    try {
      const saved = await patch(`/mailings/${mailing.id}`, mailingSchema, change)
      client.setQueryData(['mailings', 'one', mailing.id], saved)
      setState(idle)
      return true
    } catch (error) {
      waiting.current = { ...change, ...waiting.current }
      setState({ saving: false, problem: messageOf(error), faults: faultsOf(error) })
      return false
    }
  }, [client, mailing.id])
  const change = useCallback(
    (next: MailingChange) => {
      waiting.current = { ...waiting.current, ...next }
      setDraft((before) => ({ ...before, ...withoutUndefined(next) }))
      clearTimeout(timer.current)
      timer.current = setTimeout(() => void save(), QUIET_MS)
    },
    [save],
  )
  useEffect(() => () => void save(), [save])
  return { draft, change, flush: save, ...state, savedAt: mailing.updatedAt }
}

const idle = { saving: false, problem: '', faults: {} }

function withoutUndefined(change: MailingChange): Partial<Mailing> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}
