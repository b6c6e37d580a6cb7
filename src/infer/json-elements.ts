import {Tokenizer, TokenizerError, TokenParser, TokenParserError, TokenType} from '@streamparser/json'

/** `torn`: the document breaks off; `broken`: it is no JSON, or not to its end; `absent`: it has no such array. */
export type JsonEnding = 'whole' | 'torn' | 'broken' | 'absent'

const OPENS = new Set([TokenType.LEFT_BRACE, TokenType.LEFT_BRACKET])
const CLOSES = new Set([TokenType.RIGHT_BRACE, TokenType.RIGHT_BRACKET])

/**
 * Hands on the elements of one array of a JSON document, with the line that each begins in, and keeps none of them.
 * `path` are the keys that lead to the array.
 */
export async function eachElement(
  chunks: AsyncIterable<Buffer>,
  path: readonly string[],
  onElement: (element: unknown, line: number) => void,
  signal: AbortSignal,
): Promise<JsonEnding> {
  const array = ['$', ...path].join('.')
  const tokenizer = new Tokenizer()
  const parser = new TokenParser({paths: [array, `${array}.*`], keepStack: false})
  const lines = new LineCounter()
  let found = false
  let depth = 0
  let begins = 1
  tokenizer.onToken = (token) => {
    if (CLOSES.has(token.token)) depth--
    else if (depth === path.length + 1 && token.token !== TokenType.COMMA) begins = lines.at(token.offset)
    if (OPENS.has(token.token)) depth++
    parser.write(token)
  }
  parser.onValue = ({value, parent}) => {
    if (depth === path.length) found = Array.isArray(value)
    if (depth === path.length || !Array.isArray(parent)) return
    // Of what is handed on as a whole as well, the parser keeps every part.
    parent.length = 0
    onElement(value, begins)
  }
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted()
      lines.add(chunk)
      tokenizer.write(chunk)
    }
  } catch (error) {
    if (!(error instanceof TokenizerError || error instanceof TokenParserError)) throw error
    return 'broken'
  }
  if (!parser.isEnded) return 'torn'
  return found ? 'whole' : 'absent'
}

/** Counts the lines of a text that comes in pieces. */
class LineCounter {
  #piece: Buffer = Buffer.alloc(0)
  #before = 0
  #counted = 0
  #line = 1

  add(piece: Buffer): void {
    this.at(Infinity)
    this.#before += this.#piece.length
    this.#piece = piece
    this.#counted = 0
  }

  /** The line of this byte of the whole, which is none before the last that was asked for. */
  at(offset: number): number {
    const to = Math.min(offset - this.#before, this.#piece.length)
    while (this.#counted < to) if (this.#piece[this.#counted++] === NEWLINE) this.#line++
    return this.#line
  }
}

const NEWLINE = 0x0a
