/** By how much of its beginning a text is looked up. */
const KEY = 8

/** Texts that must not be seen, without a way to list them. */
export class KnownSecrets {
  readonly #byKey = new Map<string, Set<string>>()
  /** How those begin: to cut a key out of a text at every place takes four times as long. */
  readonly #heads = new Set<number>()

  /** From now on these are found, whether they come again or not. Each has eight characters at least. */
  watch(texts: Iterable<string>): void {
    for (const text of texts) {
      const key = text.slice(0, KEY)
      const alike = this.#byKey.get(key)
      if (alike) alike.add(text)
      else this.#byKey.set(key, new Set([text]))
      this.#heads.add(headAt(text, 0))
    }
  }

  /** The text with every watched one replaced; of those that begin at one place, the longest. */
  without(text: string, instead: string): string {
    let clean = ''
    let copied = 0
    for (let at = 0; at + KEY <= text.length;) {
      const found = this.#heads.has(headAt(text, at)) ? this.#longestAt(text, at) : 0
      if (found > 0) {
        clean += text.slice(copied, at) + instead
        copied = at + found
      }
      at += found || 1
    }
    return clean + text.slice(copied)
  }

  #longestAt(text: string, at: number): number {
    let longest = 0
    for (const known of this.#byKey.get(text.slice(at, at + KEY)) ?? []) {
      if (known.length > longest && text.startsWith(known, at)) longest = known.length
    }
    return longest
  }
}

/** A number for the six characters that stand here; others may have the same. */
function headAt(text: string, at: number): number {
  let head = 0
  for (let each = at; each < at + 6; each++) head = (head << 5) ^ text.charCodeAt(each)
  return head
}
