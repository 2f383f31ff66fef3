/** One open or click as it is held in memory until it is written: no address, no IP, no user agent (LW-15). */
export type ResponseEvent = {
  accountId: string
  messageId: string
  kind: 'opened' | 'clicked'
  /** Of the link; 0 for an open. */
  number: number
  at: Date
  isMachine: boolean
}
