import { useQuery } from '@tanstack/react-query'
import { optOutRules } from '../../src/optouts/optout.contract.ts'
import { get } from '../api.ts'
import { count, counted } from '../ui/format.ts'
import { When } from '../ui/When.tsx'

/** Domains and hashed lists; they hold for whoever comes later. */
export function OptOutRules() {
  const rules = useQuery({
    queryKey: ['optouts', 'rules'],
    queryFn: () => get('/opt-outs/rules', optOutRules, { limit: 100 }),
  })
  if (!rules.data || rules.data.items.length === 0) return null
  return (
    <section className="panel scroll" aria-label="Domains and hashed lists">
      <header>
        <h2>Domains and hashed lists</h2>
      </header>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col" className="right">
              Opted out by it
            </th>
            <th scope="col" className="only-wide">
              Made by
            </th>
            <th scope="col" className="right">
              Since
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.data.items.map((rule) => (
            <tr key={rule.id}>
              <td>
                <div>{rule.domain ? `*@${rule.domain}` : counted(rule.size, 'hash', 'hashes')}</div>
                {rule.note && <div className="dim note">{rule.note}</div>}
              </td>
              <td className="right num">{count(rule.optedOut)}</td>
              <td className="only-wide">{rule.by ?? ''}</td>
              <td className="right">
                <When at={rule.since} as="day" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
