import { randomBytes } from 'node:crypto'
import type { Caller } from '../accounts/caller.ts'
import type { Core } from '../platform/core.ts'
import { type Db, maybeRow, row, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { MailingErrorCode } from './errors.ts'
import type { Image } from './image.contract.ts'

/** Twice the width of a mail, for screens with fine dots. */
const WIDEST_PX = 1200
const MOST_PIXELS = 50_000_000
const MOST_FRAMES_PIXELS = 100_000_000
const MOST_LISTED = 200

const TYPES = { png: 'png', jpeg: 'jpg', gif: 'gif', webp: 'webp' } as const
type Type = (typeof TYPES)[keyof typeof TYPES]
type ImageRow = {
  image_id: string
  token: string
  name: string
  type: Type
  width: number
  height: number
  bytes: number
  created_at: Date
}

/**
 * Keeps a picture for mail: read by its content, turned upright, made no wider than 1200 px, and without the place and
 * camera that a file may tell. Vector pictures can carry scripts and are refused (SE-12).
 *
 * @throws DomainError image.invalid for anything but a PNG, JPEG, GIF or WebP picture
 */
export async function keepImage({ db, config }: Core, caller: Caller, file: Buffer, name: string): Promise<Image> {
  const { content, type, width, height } = await makeSmall(file)
  const token = randomBytes(18).toString('base64url')
  const made = await row(
    db,
    sql<ImageRow>`
    insert into images (account_id, token, name, type, width, height, content, created_by)
    values (${caller.accountId}, ${token}, ${name.replace(/[\p{C}]/gu, '').slice(0, 200)}, ${type}, ${width}, ${height}, ${content}, ${caller.userId})
    returning ${columns}`,
  )
  return present(made, config.baseUrl)
}

/** The account's pictures, the newest first, 200 at most. */
export async function listImages({ db, config }: Core, accountId: string): Promise<Image[]> {
  const found = await rows(
    db,
    sql<ImageRow>`
    select ${columns} from images where account_id = ${accountId} order by image_id desc limit ${MOST_LISTED}`,
  )
  return found.map((image) => present(image, config.baseUrl))
}

/** A picture by what its address says; every account's, because whoever got the mail may see it. */
export function findImage(db: Db, token: string): Promise<{ content: Buffer; type: Type } | undefined> {
  return maybeRow(
    db,
    sql<{ content: Buffer; type: Type }>`select content, type from images where token = ${token} limit 1`,
  )
}

async function makeSmall(file: Buffer): Promise<{ content: Buffer; type: Type; width: number; height: number }> {
  const { default: sharp } = await import('sharp')
  try {
    const options = { limitInputPixels: MOST_PIXELS, failOn: 'error' as const }
    const { format, pages = 1, width, pageHeight, height } = await sharp(file, options).metadata()
    const type = Object.entries(TYPES).find(([known]) => known === format)?.[1]
    if (!type) throw new Error('another format')
    const isMoving = pages > 1 && width * (pageHeight ?? height) * pages <= MOST_FRAMES_PIXELS
    const { data, info } = await sharp(file, { ...options, limitInputPixels: MOST_FRAMES_PIXELS, animated: isMoving })
      .rotate()
      .resize({ width: WIDEST_PX, withoutEnlargement: true })
      .toFormat(type === 'jpg' ? 'jpeg' : type, type === 'jpg' ? { quality: 82, mozjpeg: true } : {})
      .toBuffer({ resolveWithObject: true })
    return { content: data, type, width: info.width, height: info.pageHeight ?? info.height }
  } catch (error) {
    throw new DomainError<MailingErrorCode>(
      'image.invalid',
      'This is no picture that mail can show. Choose a PNG, JPEG, GIF or WebP file.',
      { cause: error },
    )
  }
}

const columns = sql`image_id, token, name, type, width, height, octet_length(content) as bytes, created_at`

function present({ image_id, token, name, type, width, height, bytes, created_at }: ImageRow, baseUrl: string): Image {
  const path = `/m/${token}.${type}`
  return {
    id: image_id,
    name,
    path,
    url: `${baseUrl}${path}`,
    width,
    height,
    bytes,
    createdAt: created_at.toISOString(),
  }
}
