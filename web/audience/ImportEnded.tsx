import { Button } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type AudienceImport, audienceImport } from '../../src/audience/import.contract.ts'
import { messageOf, post } from '../api.ts'
import { paths } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { ButtonLink } from '../ui/links.tsx'
import { PartsBar } from '../ui/PartsBar.tsx'
import { ImportStep } from './ImportStep.tsx'
import { ImportTally, partsOf } from './ImportTally.tsx'
import { UndoImport, UndoState } from './ImportUndo.tsx'

/** An import that ended before anything was written. */
export function NotDone({ import: one }: { import: AudienceImport }) {
  const cancelled = one.status === 'cancelled'
  return (
    <ImportStep
      import={one}
      step="Result"
      title={cancelled ? 'The import was cancelled' : 'The import failed'}
      note="Nothing was imported."
      foot={
        <>
          <div className="grow" />
          <ButtonLink to={paths.newImport}>Choose another file</ButtonLink>
        </>
      }
    >
      <Banner
        tint={cancelled ? 'gray' : 'red'}
        title={cancelled ? 'Nothing was changed' : 'The file could not be imported'}
      >
        {one.problem?.message ?? 'The file is deleted. Upload it again to import it.'}
      </Banner>
    </ImportStep>
  )
}

/** An import that stopped after its first rows were written: it can go on, or be undone. */
export function Halfway({ import: one }: { import: AudienceImport }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const resume = useMutation({
    mutationFn: () => post(`/imports/${one.id}/resume`, audienceImport),
    onSuccess: async (resumed) => {
      client.setQueryData(['imports', 'one', one.id], resumed)
      await navigate({ to: paths.importStep(one.id, 'progress'), replace: true })
    },
  })
  return (
    <ImportStep
      import={one}
      step="Result"
      title="The import stopped halfway"
      note="What was written before is listed here."
      foot={
        <>
          <UndoImport import={one} />
          <div className="grow" />
          {one.resumable && (
            <Button
              leftSection={<IconPlayerPlay size={16} aria-hidden />}
              loading={resume.isPending}
              onClick={() => resume.mutate()}
            >
              Go on with the import
            </Button>
          )}
        </>
      }
    >
      <UndoState import={one} />
      <div role="alert">
        <Banner tint="red" title="The rest of the file was not imported">
          {resume.error ? messageOf(resume.error) : (one.problem?.message ?? 'The program that did it ended.')}
        </Banner>
      </div>
      <PartsBar parts={partsOf(one.counts)} />
      <ImportTally import={one} done />
    </ImportStep>
  )
}
