import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { AudienceImport, ImportBasis, ImportMode } from '../../src/audience/import.contract.ts'
import { downloads, paths } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { Banner } from '../ui/Banner.tsx'
import { Facts } from '../ui/Facts.tsx'
import { count, counted, listed, took } from '../ui/format.ts'
import { ButtonLink, TextLink } from '../ui/links.tsx'
import { Panel } from '../ui/Panel.tsx'
import { PartsBar } from '../ui/PartsBar.tsx'
import { When } from '../ui/When.tsx'
import { bases } from './ImportBasis.tsx'
import { Halfway, NotDone } from './ImportEnded.tsx'
import { ImportLoaded, ImportStep } from './ImportStep.tsx'
import { ImportTally, partsOf } from './ImportTally.tsx'
import { UndoImport, UndoState } from './ImportUndo.tsx'
import { stepOf } from './imports.ts'

export function ImportResult() {
  return (
    <ImportLoaded>
      {(one) =>
        stepOf(one) !== 'result' ? (
          <Navigate to={paths.importStep(one.id, stepOf(one))} replace />
        ) : one.status === 'done' ? (
          <Result import={one} />
        ) : one.resumable || one.undo ? (
          <Halfway import={one} />
        ) : (
          <NotDone import={one} />
        )
      }
    </ImportLoaded>
  )
}

function Result({ import: one }: { import: AudienceImport }) {
  const client = useQueryClient()
  useEffect(() => {
    for (const key of ['contacts', 'groups', 'fields']) void client.invalidateQueries({ queryKey: [key] })
  }, [client])
  const group = one.groups[0]
  const took_ = one.startedAt && one.finishedAt ? ` in ${took(one.startedAt, one.finishedAt)}` : ''
  return (
    <ImportStep
      import={one}
      step="Result"
      title={`Import finished${took_}`}
      note={
        <>
          <When at={one.finishedAt ?? one.createdAt} />. The report stays here.
        </>
      }
      foot={
        <>
          <UndoImport import={one} />
          {one.counts.invalid + one.notes.notAdded + one.notes.notUpdated > 0 && (
            <Button
              component="a"
              href={downloads.importRows(one.id, { outcome: 'rejected' })}
              download
              variant="default"
              leftSection={<IconDownload size={16} aria-hidden />}
            >
              Download the rows that were left out
            </Button>
          )}
          <div className="grow" />
          {group ? (
            <ButtonLink to={paths.group(group.id)}>Show the group {group.name}</ButtonLink>
          ) : (
            <ButtonLink to={paths.contacts}>Show contacts</ButtonLink>
          )}
        </>
      }
    >
      <UndoState import={one} />
      <Summary import={one} />
      <PartsBar parts={partsOf(one.counts)} />
      <div className="split">
        <ImportTally import={one} done />
        <ThisImport import={one} />
      </div>
    </ImportStep>
  )
}

function Summary({ import: { counts, groups, options } }: { import: AudienceImport }) {
  const n = counts.added + counts.updated
  const names = groups.map(({ name }) => name)
  const where = names.length === 0 ? '' : ` in the ${names.length === 1 ? 'group' : 'groups'} ${listed(names)}`
  const title = options?.asOptOuts
    ? `${counted(counts.optedOut, 'address', 'addresses')} of this file ${counts.optedOut === 1 ? 'is' : 'are'} opted out`
    : `${counted(n, 'contact')} ${n === 1 ? 'is' : 'are'}${where || ' imported'}`
  return (
    <div role="status">
      <Banner tint={options?.asOptOuts ? 'optOut' : 'active'} title={title}>
        {!options?.asOptOuts && `${count(counts.added)} were added and ${count(counts.updated)} updated. `}
        {counts.optedOut > 0 &&
          `${counted(counts.optedOut, 'person', 'people')} in the file ${counts.optedOut === 1 ? 'is' : 'are'} opted out: they stay so, and no mailing reaches them.`}
      </Banner>
    </div>
  )
}

const modes: Record<ImportMode, string> = {
  add_and_update: 'Add and update',
  add_only: 'Add new ones only',
  update_only: 'Update only',
}

function ThisImport({ import: one }: { import: AudienceImport }) {
  const made = Object.values(one.options?.mapping ?? {}).flatMap((target) =>
    target.startsWith('new:') ? [target.slice('new:'.length)] : [],
  )
  return (
    <Panel title="This import">
      <Facts
        items={[
          ['File', one.fileName],
          [
            'Rows',
            <span key="rows" className="num">
              {count(one.counts.rows)}
            </span>,
          ],
          ['Mode', one.options?.asOptOuts ? 'Opt out everybody' : modes[one.options?.mode ?? 'add_and_update']],
          ...(one.groups.length > 0
            ? [
                [
                  'Groups',
                  <span key="groups" className="row">
                    {one.groups.map(({ id, name }) => (
                      <TextLink key={id} to={paths.group(id)} inherit>
                        {name}
                      </TextLink>
                    ))}
                  </span>,
                ] as const,
              ]
            : []),
          ...(one.options?.basis ? [['Basis', basisInWords(one.options.basis)] as const] : []),
          ...(made.length > 0 ? [['New fields', listed(made)] as const] : []),
          ...(one.startedBy ? [['Started by', <Address key="who">{one.startedBy}</Address>] as const] : []),
        ]}
      />
    </Panel>
  )
}

const basisInWords = ({ kind, note }: ImportBasis) => `${bases[kind]}${note ? `: ${note}` : ''}`
