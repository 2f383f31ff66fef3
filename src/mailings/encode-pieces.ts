import { quotedPrintable } from './encode.ts'
import type { Piece } from './template.ts'

/** Encodes the fixed text; a piece that a merge point follows ends its line softly. */
export function encodePieces(pieces: Piece[]): Piece[] {
  return pieces.map((piece, index) => {
    if (typeof piece !== 'string') return piece
    if (index === pieces.length - 1) return quotedPrintable(piece.trimEnd())
    const encoded = quotedPrintable(piece)
    return encoded.endsWith('\n') || encoded === '' ? encoded : `${encoded}=\r\n`
  })
}
