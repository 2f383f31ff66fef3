import { Button } from '@mantine/core'
import { count } from './format.ts'

/** "51 to 100 of 3,412" with Previous and Next, for lists that are read by keyset. */
export function Pager({
  page,
  perPage,
  shown,
  total,
  onPrevious,
  onNext,
}: {
  /** from 1 */
  page: number
  perPage: number
  shown: number
  total: number | undefined
  onPrevious: (() => void) | undefined
  onNext: (() => void) | undefined
}) {
  if (shown === 0) return null
  const first = (page - 1) * perPage + 1
  return (
    <div className="row dim pager">
      <span className="num">
        {count(first)} to {count(first + shown - 1)}
        {total === undefined ? '' : ` of ${count(total)}`}
      </span>
      <span className="row">
        <Button variant="default" disabled={!onPrevious} onClick={onPrevious}>
          Previous
        </Button>
        <Button variant="default" disabled={!onNext} onClick={onNext}>
          Next
        </Button>
      </span>
    </div>
  )
}
