import { count } from './format.ts'

export type Part = { label: string; n: number; color: string }

/** Parts of a whole as one bar with its numbers in words below; hidden from screen readers, the legend is read. */
export function PartsBar({ parts }: { parts: Part[] }) {
  return (
    <div className="stack tight">
      <div className="bar" aria-hidden>
        {parts
          .filter((part) => part.n > 0)
          .map((part) => (
            <i key={part.label} style={{ flexGrow: part.n, background: `var(--mantine-color-${part.color})` }} />
          ))}
      </div>
      <div className="legend">
        {parts.map((part) => (
          <span key={part.label}>
            <i className="sw" style={{ background: `var(--mantine-color-${part.color})` }} aria-hidden />
            {part.label} <b className="num">{count(part.n)}</b>
          </span>
        ))}
      </div>
    </div>
  )
}
