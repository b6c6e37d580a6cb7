/**
 * What a terminal, a log viewer or a reader's eye would take for something else: control characters, marks that turn
 * the direction of writing, breaks that are no newline, half a surrogate pair, and characters that cannot be seen.
 */
const DECEPTIVE = [
  String.raw`[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f]`,
  String.raw`[\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e0fff}]|\p{Surrogate}`,
].join('|')
const CHARACTER = new RegExp(DECEPTIVE, 'gu')
/** A backslash that would read as the start of what is written out here. */
const BACKSLASH = new RegExp(String.raw`\\(?=[nrtu\\]|${DECEPTIVE})`, 'gu')
/** How a command of older CI runners starts, which they obey anywhere in a line. */
const OLD_COMMAND = /##(?=\[|vso\[)/g
/** How a command of today's runners starts: at the beginning of a line. */
const COMMAND = /^(\s*)::/gm
/** What chalk writes to colour a text. */
// oxlint-disable-next-line no-control-regex -- the escape is what it looks for
const COLOUR = /\u001b\[[\d;]*m/y

const SHORT: Readonly<Record<string, string>> = {'\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t`}

/**
 * The text with every deceptive character written out (`\n`, `\u202e`), on one line, safe to print and valid in XML;
 * commands of older CI runners are taken apart.
 */
export function visible(text: string): string {
  return text
    .replaceAll(BACKSLASH, String.raw`\\`)
    .replaceAll(CHARACTER, (character) => SHORT[character] ?? escaped(character))
    .replaceAll(OLD_COMMAND, String.raw`#\u0023`)
}

/** The same text with deceptive characters written out and nothing else touched: what has none stays what it was. */
export function harmless(text: string): string {
  return text.replaceAll(CHARACTER, (character) => SHORT[character] ?? escaped(character))
}

/** The same data with its strings changed; keys, and what is no plain data, stay. */
export function inStrings(data: unknown, change: (text: string) => string): unknown {
  if (typeof data === 'string') return change(data)
  if (Array.isArray(data)) return data.map((each: unknown) => inStrings(each, change))
  if (typeof data !== 'object' || data === null || Object.getPrototypeOf(data) !== Object.prototype) return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, inStrings(value, change)]))
}

/** Whether a text holds a character that deceives; with `lines` a newline or a tab is none. */
export function deceives(text: string, {lines = false} = {}): boolean {
  const found = text.match(CHARACTER) ?? []
  return found.some((character) => !(lines && character in SHORT))
}

/**
 * Lines of ours as a terminal may have them: newlines, tabs and, where it shows `colours`, those stay; all else that
 * deceives is written out, and no line is a command to a CI runner.
 */
export function printable(text: string, colours: boolean): string {
  const shown = text.replaceAll(CHARACTER, (character, at: number) => {
    if (character === '\n' || character === '\t') return character
    COLOUR.lastIndex = at
    return colours && COLOUR.test(text) ? character : escaped(character)
  })
  return shown.replaceAll(COMMAND, String.raw`$1\u003a:`).replaceAll(OLD_COMMAND, String.raw`#\u0023`)
}

/** JSON that says the same to a parser and nothing to a terminal: deceptive characters as `\uXXXX`. */
export function visibleJson(
  value: unknown,
  indent?: number,
  replacer?: (key: string, value: unknown) => unknown,
): string {
  // A newline outside strings is the indentation; inside them JSON has escaped the controls already.
  return JSON.stringify(value, replacer, indent)
    .replaceAll(CHARACTER, (character) => (character === '\n' ? character : escaped(character)))
    .replaceAll(OLD_COMMAND, String.raw`#\u0023`)
}

/** UTF-16 unit by unit, as JSON spells what lies beyond the first plane. */
function escaped(character: string): string {
  return Array.from({length: character.length}, (_, index) => unit(character.charCodeAt(index))).join('')
}

function unit(code: number): string {
  return String.raw`\u${code.toString(16).padStart(4, '0')}`
}
