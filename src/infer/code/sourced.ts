import {basename} from 'node:path'

/** A file of shell. */
export interface ScriptFile {
  file: string
  text: string
}

/** A script as it runs: behind what it sources. */
export interface WholeScript {
  text: string
  /** Where a line of it stands, and how many of the scripts have that file in front of them, or are it. */
  place: (line: number) => {file: string; line: number; shared: number}
}

/** The last part of what is sourced: `. "$(dirname "$0")/lib/api.sh"`. */
const SOURCES = /^[ \t]*(?:source|\.)[ \t]+(?:[^\n]*[/"'\s])?([\w.-]+)["']?[ \t]*(?:[;&|#][^\n]*)?$/gm
const DEEPEST = 4

/**
 * Puts each script of a run together with the files of the run that it sources, as far as their names tell. What is sourced
 * by another stands in that one only.
 */
export function wholeScripts(scripts: readonly ScriptFile[]): WholeScript[] {
  const byName = Map.groupBy(scripts, ({file}) => basename(file))
  const sourcedBy = (script: ScriptFile): ScriptFile[] =>
    [...script.text.matchAll(SOURCES)].flatMap(([, name = '']) => {
      const found = (byName.get(name) ?? []).filter((each) => each !== script)
      return found.length === 1 ? found : []
    })
  const all = (script: ScriptFile, depth: number): ScriptFile[] =>
    depth === DEEPEST ? [script] : [...sourcedBy(script).flatMap((each) => all(each, depth + 1)), script]

  const sourced = new Set(scripts.flatMap(sourcedBy))
  const whole = scripts.filter((script) => !sourced.has(script)).map((script) => [...new Set(all(script, 0))])
  // Those that only source one another.
  const left = scripts.filter((script) => !whole.some((parts) => parts.includes(script)))
  const every = [...whole, ...left.map((script) => [script])]
  const shared = new Map<ScriptFile, number>()
  for (const part of every.flat()) shared.set(part, (shared.get(part) ?? 0) + 1)
  return every.map((parts) => joined(parts, shared))
}

function joined(parts: readonly ScriptFile[], shared: ReadonlyMap<ScriptFile, number>): WholeScript {
  let line = 1
  const begins = parts.map((part) => {
    const begin = line
    line += part.text.split('\n').length
    return {file: part.file, begin, shared: shared.get(part) ?? 1}
  })
  return {
    text: parts.map(({text}) => text).join('\n'),
    place: (at) => {
      const {begin, ...part} = begins.findLast((each) => each.begin <= at) ?? begins[0]!
      return {...part, line: at - begin + 1}
    },
  }
}
