/** A token as the journal knows it: everything but its value. */
export interface TokenRef {
  id: number
  name: string
  lastEight: string
}

export function ref({id, name, lastEight}: TokenRef): TokenRef {
  return {id, name, lastEight}
}

/** Whether a row is still the token of the record: an id does not name a value. */
export function isSame(row: TokenRef, token: TokenRef): boolean {
  return row.id === token.id && row.name === token.name && row.lastEight === token.lastEight
}
