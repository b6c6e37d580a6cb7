import {HOLE} from '../../syntax/types.ts'
import {outer, pieced, type Excerpt, type SourceLine} from '../excerpt.ts'
import type {Parts} from '../reading.ts'
import {comments} from './env.ts'
import {isCall, readScript} from './shell.ts'

/** A comment, `''…''` or `"…"`. */
const TOKEN = /#[^\n]*|\/\*[\s\S]*?\*\/|''(?:[^']|'(?!')|''['$\\])*''|"(?:[^"\\]|\\[\s\S])*"/g

/** Reads the strings of Nix: values by the names they are given to, scripts where they call something of interest. */
export async function readNix(excerpt: Excerpt, parts: Parts): Promise<void> {
  const {text} = excerpt
  comments(text, /^[ \t]*#[^\n]*/gm, excerpt.stretch, parts)
  for (const {0: token, index} of text.matchAll(TOKEN)) {
    if (/^[#/]/.test(token)) continue
    const quote = token.startsWith("''") ? 2 : 1
    const inside = token.slice(quote, -quote)
    const [, path = ''] = /([\w."'-]+)\s*=\s*$/.exec(text.slice(Math.max(0, index - 200), index)) ?? []
    const lines = quote === 2 ? dedented(inside, index + quote) : [{text: inside, at: index + quote}]
    if (isCall(inside) || /^\s*#!.*sh\b/.test(inside)) {
      await readScript(outer(pieced(lines.flatMap(unescaped)), excerpt), parts)
    } else {
      const keys = path.replaceAll(/["']/g, '').split('.')
      const value = inside.replaceAll(/\$\{[^{}]*\}/g, HOLE)
      const at = excerpt.stretch(index + quote, index + token.length - quote)
      parts.values.push({path: keys, name: keys.at(-1) ?? '', value, at})
    }
  }
}

/** The indentation that all lines share is none of the string. */
function dedented(text: string, at: number): SourceLine[] {
  const lines = [...text.matchAll(/[^\n]*\n|[^\n]+$/g)].map(({0: line, index}) => ({text: line, at: at + index}))
  const depths = lines.filter((line) => line.text.trim() !== '').map((line) => /^ */.exec(line.text)![0].length)
  const depth = Math.min(...depths, 80)
  return lines.map((line) => {
    const cut = Math.min(depth, /^ */.exec(line.text)![0].length)
    return {text: line.text.slice(cut), at: line.at + cut}
  })
}

/** Nix fills `${…}` in before any shell sees it; `''${` is the shell's own. */
function unescaped({text, at}: SourceLine): SourceLine[] {
  return [...text.matchAll(/''(?=\$)|(?<!'')\$\{[^{}]*\}|[^$']+|['$]/g)].flatMap(({0: piece, index}) => {
    if (piece === "''") return []
    const filled = piece.startsWith('${') ? `\${${piece.slice(2, -1).replaceAll(/\W/g, '_')}}` : piece
    return [{text: filled, at: at + index}]
  })
}
