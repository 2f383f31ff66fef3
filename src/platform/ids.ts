declare const name: unique symbol

/** The id of one kind of thing, as text; ids of different kinds cannot be swapped. */
export type Id<Name extends string> = string & { readonly [name]: Name }

/** Takes text from the database or a checked request as an id. */
export function id<Name extends string>(value: string | number | bigint): Id<Name> {
  return String(value) as Id<Name>
}
