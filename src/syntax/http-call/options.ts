import {HOLE, type StaticText} from '../types.ts'

/** One option as it was given, or a word that is none. */
export type Given =
  | {option: string; value: StaticText | undefined}
  /** A word behind the options, or between them. */
  | {word: StaticText}

/** The options of a tool. */
export interface ToolOptions {
  /** The long names of the short ones, by letter. */
  short: ReadonlyMap<string, string>
  /** Long names of those that take a value. */
  valued: ReadonlySet<string>
}

/** From words: `X:request=` for a short option and its long name, `cacert=` for a long one; with `=` it takes a value. */
export function options(text: string): ToolOptions {
  const all = text
    .trim()
    .split(/\s+/)
    .map((word) => /^(?:(.):)?(.*?)(=?)$/.exec(word)!)
  return {
    short: new Map(all.flatMap(([, letter, name = '']) => (letter === undefined ? [] : [[letter, name]]))),
    valued: new Set(all.flatMap(([, , name = '', value]) => (value ? [name] : []))),
  }
}

/**
 * Takes a command's words apart as getopt does: `-sSfL`, `-XPOST`, `-X POST`, `--request POST`, `--request=POST`, and
 * `--` in front of words only. An option is told by its long name without dashes.
 */
export function given(words: readonly StaticText[], {short, valued}: ToolOptions): Given[] {
  const all: Given[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (!word) continue
    if (word.text === '--') return [...all, ...words.slice(i + 1).map((rest) => ({word: rest}))]
    const long = /^--([\w.-]+)(=?)/.exec(word.text)
    if (long) {
      const [, option = '', equals] = long
      if (equals) all.push({option, value: behind(word, long[0].length)})
      else all.push({option, value: valued.has(option) ? words[++i] : undefined})
    } else if (/^-[^-]/.test(word.text) && word.text !== `-${HOLE}`) {
      for (let at = 1; at < word.text.length; at++) {
        const option = short.get(word.text[at] ?? '') ?? ''
        if (!valued.has(option)) {
          all.push({option, value: undefined})
          continue
        }
        const rest = behind(word, at + 1)
        all.push({option, value: rest.text === '' ? words[++i] : rest})
        break
      }
    } else all.push({word})
  }
  return all
}

/** A text without its first characters, which hold no more holes than they show. */
export function behind(text: StaticText, length: number): StaticText {
  const gone = text.text.slice(0, length).split(HOLE).length - 1
  return {text: text.text.slice(length), holes: text.holes.slice(gone), at: text.at}
}
