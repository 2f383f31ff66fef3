import { Button, Progress } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { type AudienceImport, audienceImport } from '../../src/audience/import.contract.ts'
import { messageOf, post } from '../api.ts'
import { paths } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { counted } from '../ui/format.ts'
import { ButtonLink } from '../ui/links.tsx'
import { PartsBar } from '../ui/PartsBar.tsx'
import { ImportBasis } from './ImportBasis.tsx'
import { ImportOpen, ImportStep } from './ImportStep.tsx'
import { ImportTally, partsOf } from './ImportTally.tsx'
import { ImportWords } from './ImportWords.tsx'
import { forgetPlan, isChecked, isUnderWay, type Plan, readPlan, rememberChecked, writePlan } from './imports.ts'

export function ImportCheck() {
  return <ImportOpen>{(one) => <Check import={one} />}</ImportOpen>
}

function Check({ import: one }: { import: AudienceImport }) {
  const [plan, setPlan] = useState(() => readPlan(one))
  const client = useQueryClient()
  const navigate = useNavigate()
  const keep = (next: AudienceImport) => client.setQueryData(['imports', 'one', one.id], next)
  const check = useMutation({
    mutationFn: () => post(`/imports/${one.id}/check`, audienceImport, plan),
    onSuccess: (checking) => {
      rememberChecked(one.id, plan)
      keep(checking)
    },
  })
  const start = useMutation({
    mutationFn: () => post(`/imports/${one.id}/start`, audienceImport, plan),
    onSuccess: async (started) => {
      forgetPlan(one.id)
      keep(started)
      await navigate({ to: paths.importStep(one.id, 'progress'), replace: true })
    },
  })
  const { mutate: ask } = check
  // The dry run is asked for once for each plan; a reload finds it at the server.
  const asked = useRef(false)
  function change(next: Partial<Plan>) {
    const changed = { ...plan, ...next }
    setPlan(changed)
    writePlan(one.id, changed)
    asked.current = false
  }
  const needed = !isChecked(one.id, plan) && !isUnderWay(one)
  useEffect(() => {
    if (!needed || asked.current) return
    asked.current = true
    ask()
  }, [needed, ask])
  const ready = !needed && !check.isPending && !isUnderWay(one) && one.counts.rows > 0
  const failed = check.error ?? start.error
  return (
    <ImportStep
      import={one}
      step="Check"
      title="Check before anything is written"
      note={ready ? 'This is what the import will do. Nothing has been changed yet.' : 'Nothing has been changed yet.'}
      foot={
        <>
          <ButtonLink to={paths.importStep(one.id, plan.asOptOuts ? 'columns' : 'groups')} variant="default">
            Back
          </ButtonLink>
          <div className="grow" />
          <Button
            color={plan.asOptOuts ? 'optOut' : 'brand'}
            disabled={!ready}
            loading={start.isPending}
            onClick={() => start.mutate()}
          >
            {plan.asOptOuts
              ? `Opt out ${counted(ready ? one.notes.optedOutByFile : 0, 'address', 'addresses')}`
              : `Import ${counted(ready ? one.counts.added + one.counts.updated : 0, 'contact')}`}
          </Button>
        </>
      }
    >
      {failed && (
        <div role="alert">
          <Banner
            tint="red"
            title={start.error ? 'The import was not started' : 'The file could not be checked'}
            actions={
              <Button variant="default" onClick={() => check.mutate()}>
                Try again
              </Button>
            }
          >
            {messageOf(failed)} {!start.error && 'Nothing was imported.'}
          </Banner>
        </div>
      )}
      {!ready && !failed && <Checking import={one} />}
      {ready && (
        <>
          <PartsBar parts={partsOf(one.counts)} />
          <ImportWords import={one} answers={plan.statusWords} onAnswer={(statusWords) => change({ statusWords })} />
          <ImportTally import={one} done={false} />
          {!plan.asOptOuts && <ImportBasis basis={plan.basis} onChange={(basis) => change({ basis })} />}
        </>
      )}
    </ImportStep>
  )
}

function Checking({ import: one }: { import: AudienceImport }) {
  const share = Math.floor(one.progress * 100)
  return (
    <div className="stack tight">
      <Progress value={share} maw={420} aria-label={`Checking, ${share} per cent done`} />
      <span className="dim" role="status">
        Reading the file
      </span>
    </div>
  )
}
