import {harmless, inStrings} from '../visible.ts'
import {parseJson} from './json.ts'

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE, BRACE, UNBRACE] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d]
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d])

/**
 * Reads the elements of a JSON array while its bytes arrive, so that neither its text nor all that is in it stands in
 * memory at once. Each element is what `keep` makes of it; its texts are harmless, as those of `Answer.json`.
 */
export class Rows {
  readonly #keep: (row: unknown) => unknown
  readonly #rows: unknown[] = []
  /** Bytes of the element that has begun. */
  #parts: Buffer[] = []
  #depth = 0
  #quoted = false
  #escaped = false
  #state: 'before' | 'within' | 'after' | 'broken' = 'before'

  constructor(keep: (row: unknown) => unknown) {
    this.#keep = keep
  }

  take(chunk: Buffer): void {
    let from = 0
    for (let at = 0; at < chunk.length && this.#state !== 'broken'; at++) {
      const byte = chunk[at]!
      if (this.#quoted) this.#inText(byte)
      else if (byte === QUOTE && this.#depth > 0) this.#quoted = true
      else if (byte === OPEN || byte === BRACE) {
        if (this.#depth++ === 0) {
          this.#state = this.#state === 'before' && byte === OPEN ? 'within' : 'broken'
          from = at + 1
        }
      } else if (byte === CLOSE || byte === UNBRACE) {
        if (--this.#depth === 0) {
          this.#state = 'after'
          this.#element(chunk.subarray(from, at), true)
        }
      } else if (byte === COMMA && this.#depth === 1) {
        this.#element(chunk.subarray(from, at), false)
        from = at + 1
      } else if (this.#depth === 0 && !SPACE.has(byte)) this.#state = 'broken'
    }
    if (this.#state === 'within') this.#parts.push(Buffer.from(chunk.subarray(from)))
  }

  /** All of them; undefined where this was no array, or not all of one. */
  get whole(): unknown[] | undefined {
    return this.#state === 'after' ? this.#rows : undefined
  }

  #inText(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) this.#quoted = false
  }

  /** An array that ends may be empty. */
  #element(rest: Buffer, last: boolean): void {
    const text = Buffer.concat([...this.#parts, rest]).toString('utf8')
    this.#parts = []
    if (last && this.#rows.length === 0 && text.trim() === '') return
    try {
      this.#rows.push(this.#keep(inStrings(parseJson(text), harmless)))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.#state = 'broken'
    }
  }
}
