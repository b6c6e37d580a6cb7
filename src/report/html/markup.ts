import {visible} from '../../visible.ts'

/** Text that is markup already. Everything else that is put into `markup` is escaped. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type MarkupPart = Markup | string | number | undefined | false | readonly MarkupPart[]

/** A template whose literal parts are markup and whose values are data: strings are escaped, lists joined, `undefined` and `false` left out. */
export function markup(literals: TemplateStringsArray, ...values: MarkupPart[]): Markup {
  let text = literals[0]!
  for (const [index, value] of values.entries()) text += written(value) + literals[index + 1]!
  return new Markup(text)
}

function written(part: MarkupPart): string {
  if (part instanceof Markup) return part.text
  if (part === undefined || part === false) return ''
  if (typeof part === 'string') return escaped(part)
  if (typeof part === 'number') return String(part)
  return part.map(written).join('')
}

const ENTITIES: Record<string, string> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'}

/**
 * Harmless in text and in quoted attributes. Characters that deceive are spelled out, so that a name can neither look
 * like another nor put a line break into a command that someone copies.
 */
export function escaped(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (each) => ENTITIES[each]!)
}
