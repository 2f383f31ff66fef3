/**
 * Joins calls that come while an earlier one is still at work into the next one, per account.
 *
 * One commit then serves every connection that waits for it, and each call still begins after it was made.
 * @param work does all `items` of an account at once and gives what each of them gets
 */
export function together<Item, Result>(work: (accountId: string, items: Item[]) => Promise<(item: Item) => Result>) {
  type Waiting = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }
  const waiting = new Map<string, Waiting[]>()

  async function run(accountId: string) {
    for (;;) {
      const batch = waiting.get(accountId) ?? []
      if (batch.length === 0) break
      waiting.set(accountId, [])
      try {
        const resultOf = await work(
          accountId,
          batch.map(({ item }) => item),
        )
        for (const { item, resolve } of batch) resolve(resultOf(item))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    waiting.delete(accountId)
  }

  return (accountId: string, item: Item): Promise<Result> =>
    new Promise((resolve, reject) => {
      const running = waiting.get(accountId)
      if (running) return void running.push({ item, resolve, reject })
      waiting.set(accountId, [{ item, resolve, reject }])
      setImmediate(() => void run(accountId))
    })
}
