import type {SourceLine} from '../excerpt.ts'

/** `["gitea", "admin"]` as Docker writes it. */
export function listed({text, at}: SourceLine): SourceLine[] {
  const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
  return asCommand(words.map(({1: word = '', index}) => [{text: word.replaceAll('\\"', '"'), at: at + index + 1}]))
}

/** Words that a program is given one by one, as a shell would be told them; each keeps its places. */
export function asCommand(words: readonly SourceLine[][]): SourceLine[] {
  return words.flatMap((pieces) => {
    const [first] = pieces
    if (!first) return []
    const mark = pieces.some(({text}) => text.includes("'")) ? '' : "'"
    const last = pieces.at(-1)!
    const end = last.at + last.text.length
    const isPlain = pieces.length === 1 && /^[\w./:=@,-]+$/.test(first.text)
    const word = isPlain ? pieces : [{text: mark, at: first.at}, ...pieces, {text: mark, at: end}]
    return [...word, {text: ' ', at: end}]
  })
}
