/** What is kept of one string, in bytes; the rest of a longer one (a response body) is passed over. */
const LONGEST_STRING = 64 * 1024
/** What one element may take without such rests; a larger one is not kept. */
const LARGEST_ELEMENT = 8 * 1024 * 1024
/** An escape takes six bytes at most: behind that many without a backslash a string can be cut. */
const ESCAPE = 6

const [QUOTE, BACKSLASH, COMMA, COLON, NEWLINE, SPACE] = [0x22, 0x5c, 0x2c, 0x3a, 0x0a, 0x20]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d]

/** How reading ended: whether there was such an array at all, and whether the document came to its end. */
export interface Ending {
  found: boolean
  whole: boolean
}

/**
 * Hands on the elements of one array of a JSON document, parsed and with the line that each begins in, in memory that
 * does not grow with the document. `path` are the keys that lead to the array. Of a string longer than 64 KB the
 * beginning is kept; an element that is no JSON, or too large, comes as undefined.
 */
export async function eachElement(
  chunks: AsyncIterable<Buffer>,
  path: readonly string[],
  onElement: (element: unknown, line: number) => void,
  signal: AbortSignal,
): Promise<Ending> {
  const scanner = new Scanner(path, onElement)
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    scanner.read(chunk)
  }
  return {found: scanner.found, whole: scanner.whole}
}

class Scanner {
  readonly #path: readonly string[]
  readonly #onElement: (element: unknown, line: number) => void
  /** How many objects and arrays are open. */
  #depth = 0
  /** How many keys of the path were followed: what leads on stands at depth `#way + 1`. */
  #way = 0
  #line = 1
  /** The depth right inside the array, and 0 outside of it. */
  #array = 0

  #inString = false
  #stringLength = 0
  #escaped = false
  #sinceBackslash = ESCAPE
  /** The last string on the way to the array, with its quotes; the key when a colon follows. */
  #text: number[] = []
  #key: string | undefined

  /** What is kept of an element so far, and where in this chunk it goes on: -1 while nothing is kept. */
  #parts: Buffer[] | undefined
  #kept = 0
  #from = -1
  #elementLine = 1

  found = false
  whole = false

  constructor(path: readonly string[], onElement: (element: unknown, line: number) => void) {
    this.#path = path
    this.#onElement = onElement
  }

  read(chunk: Buffer): void {
    if (this.#from !== -1) this.#from = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (this.#inString) this.#inside(byte, at, chunk)
      else if (byte > SPACE) this.#outside(byte, at, chunk)
      else if (byte === NEWLINE) this.#line++
    }
    this.#keep(chunk, chunk.length)
  }

  #inside(byte: number, at: number, chunk: Buffer): void {
    this.#stringLength++
    if (this.#array === 0 && this.#text.length < LONGEST_STRING) this.#text.push(byte)
    const wasEscaped = this.#escaped
    this.#escaped = byte === BACKSLASH && !wasEscaped
    if (byte === QUOTE && !wasEscaped) {
      this.#inString = false
      if (this.#parts && this.#from === -1) this.#from = at
      return
    }
    this.#sinceBackslash = this.#escaped ? 0 : this.#sinceBackslash + 1
    // Right before an escape, or well behind one, a cut leaves none in halves.
    const canCut = this.#escaped || this.#sinceBackslash > ESCAPE
    if (!canCut || this.#from === -1 || this.#stringLength < LONGEST_STRING) return
    this.#keep(chunk, at)
    this.#from = -1
  }

  #outside(byte: number, at: number, chunk: Buffer): void {
    const amongElements = this.#array > 0 && this.#depth === this.#array
    if (amongElements && (byte === COMMA || byte === CLOSE_ARRAY)) this.#endElement(chunk, at)
    else if (amongElements && !this.#parts) {
      this.#parts = []
      this.#kept = 0
      this.#from = at
      this.#elementLine = this.#line
    }
    if (byte === QUOTE) {
      this.#inString = true
      this.#stringLength = 0
      this.#sinceBackslash = ESCAPE
      if (this.#array === 0) this.#text = [QUOTE]
    } else if (byte === COLON) {
      if (this.#array === 0) this.#key = stringOf(this.#text)
    } else if (byte === COMMA) this.#key = undefined
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#open(byte)
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#close()
  }

  #open(byte: number): void {
    const leadsOn = this.#array === 0 && this.#depth === this.#way + 1 && this.#key === this.#path[this.#way]
    this.#key = undefined
    this.#depth++
    if (!leadsOn) return
    const last = this.#way + 1 === this.#path.length
    if (last && byte === OPEN_ARRAY) {
      this.#array = this.#depth
      this.found = true
    } else if (!last && byte === OPEN_OBJECT) this.#way++
  }

  #close(): void {
    if (this.#array > 0 && this.#depth === this.#array) this.#array = 0
    else if (this.#array === 0 && this.#way > 0 && this.#depth === this.#way + 1) this.#way--
    this.#depth--
    this.whole = this.#depth === 0
  }

  #keep(chunk: Buffer, to: number): void {
    if (!this.#parts || this.#from === -1) return
    this.#kept += to - this.#from
    if (this.#kept <= LARGEST_ELEMENT) this.#parts.push(Buffer.from(chunk.subarray(this.#from, to)))
    else this.#parts.length = 0
  }

  #endElement(chunk: Buffer, at: number): void {
    if (!this.#parts) return
    this.#keep(chunk, at)
    const parts = this.#parts
    this.#parts = undefined
    this.#from = -1
    this.#onElement(
      this.#kept <= LARGEST_ELEMENT ? parsed(Buffer.concat(parts).toString()) : undefined,
      this.#elementLine,
    )
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function stringOf(bytes: readonly number[]): string | undefined {
  const text = parsed(Buffer.from(bytes).toString())
  return typeof text === 'string' ? text : undefined
}
