import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { type Mailing, type MailingChange, mailing as mailingSchema } from '../../src/mailings/mailing.contract.ts'
import { faultsOf, messageOf, patch } from '../api.ts'

const QUIET_MS = 800
/** Typing in one field without a rest is one step of undo. */
const STEP_MS = 1500
const MOST_STEPS = 200

export type Draft = ReturnType<typeof useDraft>
type Step = { before: MailingChange; after: MailingChange; at: number }

/**
 * Keeps a draft and saves it by itself when nothing was typed for a moment; `flush` saves what is left now. One save
 * waits for the one before, so that the last word typed is the last one kept.
 */
export function useDraft(mailing: Mailing) {
  const [draft, setDraft] = useState(mailing)
  const [state, setState] = useState<{ saving: boolean; problem: string; faults: Record<string, string> }>(idle)
  const [steps, setSteps] = useState<{ done: Step[]; undone: Step[] }>({ done: [], undone: [] })
  const latest = useRef(mailing)
  const keptHtml = useRef(mailing.html)
  const waiting = useRef<MailingChange>({})
  const running = useRef<Promise<boolean>>(Promise.resolve(true))
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const client = useQueryClient()
  const saveNow = useCallback(async () => {
    const change = waiting.current
    if (Object.keys(change).length === 0) return true
    waiting.current = {}
    setState({ ...idle, saving: true })
    try {
      const saved = await patch(`/mailings/${mailing.id}`, mailingSchema, sendable(change))
      keptHtml.current = saved.html
      client.setQueryData(['mailings', 'one', mailing.id], saved)
      setState(idle)
      return true
    } catch (error) {
      waiting.current = { ...change, ...waiting.current }
      setState({ saving: false, problem: messageOf(error), faults: faultsOf(error) })
      return false
    }
  }, [client, mailing.id])
  const save = useCallback(() => {
    clearTimeout(timer.current)
    running.current = running.current.then(saveNow)
    return running.current
  }, [saveNow])
  const apply = useCallback(
    (next: MailingChange) => {
      waiting.current = { ...waiting.current, ...next }
      latest.current = { ...latest.current, ...withoutUndefined(next) }
      setDraft(latest.current)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => void save(), QUIET_MS)
    },
    [save],
  )
  const change = useCallback(
    (next: MailingChange) => {
      const step = { before: valuesOf(latest.current, next), after: next, at: Date.now() }
      setSteps(({ done }) => ({ done: withStep(done, step), undone: [] }))
      apply(next)
    },
    [apply],
  )
  const { done, undone } = steps
  const last = done.at(-1)
  const next = undone.at(-1)
  const undo = () => {
    if (!last) return
    setSteps({ done: done.slice(0, -1), undone: [...undone, last] })
    apply(last.before)
  }
  const redo = () => {
    if (!next) return
    setSteps({ done: [...done, next], undone: undone.slice(0, -1) })
    apply(next.after)
  }
  useEffect(() => () => void save(), [save])
  return {
    draft,
    change,
    flush: save,
    undo: last ? undo : undefined,
    redo: next ? redo : undefined,
    ...state,
    savedAt: mailing.updatedAt,
    /** As it was made from the source, or written, when it was last saved. */
    latestHtml: () => keptHtml.current,
  }
}

const idle = { saving: false, problem: '', faults: {} }

/** HTML that is made from a source is not given with it. */
function sendable({ html, ...change }: MailingChange): MailingChange {
  const isMade = change.source !== undefined && change.source.kind !== 'html'
  return isMade || html === undefined ? change : { ...change, html }
}

const valuesOf = (mailing: Mailing, change: MailingChange): MailingChange =>
  Object.fromEntries(Object.entries(mailing).filter(([name]) => name in change))

function withStep(done: Step[], step: Step): Step[] {
  const last = done.at(-1)
  const isSame = last && step.at - last.at < STEP_MS && isTyping(last.after, step.after)
  if (isSame) return [...done.slice(0, -1), { ...step, before: last.before }]
  return [...done.slice(-MOST_STEPS), step]
}

/** The same field again, and not blocks coming, going or moving. */
function isTyping(one: MailingChange, other: MailingChange): boolean {
  if (Object.keys(one).join() !== Object.keys(other).join()) return false
  const order = ({ source }: MailingChange) =>
    source?.kind === 'blocks'
      ? JSON.stringify(source.design.blocks, (key, value: unknown) => (isShape(key) ? value : undefined))
      : source?.kind
  return order(one) === order(other)
}

const isShape = (key: string) => key === '' || /^\d+$/.test(key) || ['id', 'columns'].includes(key)

function withoutUndefined(change: MailingChange): Partial<Mailing> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}
