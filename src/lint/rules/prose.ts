import type {FileStretch} from '../excerpt.ts'
import type {Passage, FileReading} from '../reading.ts'

/** One sentence of a passage, with its place in the file. */
export interface ProseSentence {
  text: string
  at: FileStretch
}

/** No sentence that people write is longer; the patterns that look at whole sentences would take minutes for it. */
const LONGEST = 2000

const DENIED =
  /no such|\b(?:not|n['’]t|never) (?:really )?exist|there (?:is|are) no\b|\b(?:is|are) no\b|unknown|invalid|wrong|mistaken|instead of|refused|rejected|not a (?:real )?scope|n['’]t (?:a|one)\b|Gitea has no|does not have/i

/** Whether a sentence speaks of something as wrong or absent. */
export function isDenied(sentence: string): boolean {
  return DENIED.test(sentence)
}

/** The sentence around a place; empty where it is in no passage. */
export function sentenceAt(at: FileStretch, {passages}: FileReading): string {
  const ordered = inOrder(passages)
  const passage = ordered[firstIndex(ordered, (candidate) => candidate.at.from > at.from) - 1]
  if (!passage || at.to > passage.at.to) return ''
  const sentences = sentencesOf(passage)
  return sentences[firstIndex(sentences, (sentence) => sentence.at.to > at.from)]?.text ?? ''
}

/** Passages never lie within one another; but those of a text's blocks stand behind all others. */
function inOrder(passages: readonly Passage[]): readonly Passage[] {
  const known = ORDERED.get(passages)
  if (known) return known
  const ordered = passages.toSorted((a, b) => a.at.from - b.at.from)
  ORDERED.set(passages, ordered)
  return ordered
}

const ORDERED = new WeakMap<readonly Passage[], readonly Passage[]>()

/** Where in a list the items begin for which something holds, by halving: for none before there and for all after. */
function firstIndex<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(items[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}

/** A passage's sentences, but for those too long to be any. The rows of a table are sentences. A comment's place is told as a whole. */
export function sentencesOf(passage: Passage): readonly ProseSentence[] {
  const known = SPLIT.get(passage)
  if (known) return known
  const found = splitPassage(passage)
  SPLIT.set(passage, found)
  return found
}

const SPLIT = new WeakMap<Passage, readonly ProseSentence[]>()

function splitPassage({text, at, kind}: Passage): ProseSentence[] {
  if (kind === 'comment') return text.length <= LONGEST ? [{text, at}] : []
  const ends = text.startsWith('|') ? /\n/g : /[.!?;](?=\s)|:(?=\n)/g
  const found: ProseSentence[] = []
  let from = 0
  for (const end of [...text.matchAll(ends).map((match) => match.index + 1), text.length]) {
    const piece = text.slice(from, end)
    const start = from + piece.length - piece.trimStart().length
    if (piece.trim() !== '' && piece.length <= LONGEST)
      found.push({text: piece.trim(), at: {from: at.from + start, to: at.from + end}})
    from = end
  }
  return found
}
