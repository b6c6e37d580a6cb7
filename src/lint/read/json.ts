import {HOLE} from '../../syntax/types.ts'

/**
 * A JSON text that a script builds, with HOLEs where it fills something in: those stand for a string, or for a part of
 * one. `undefined` for what is no JSON.
 */
export function readJson(text: string): unknown {
  let quoted = false
  let json = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '\\' && quoted) {
      json += char + (text[i + 1] ?? '')
      i++
      continue
    }
    if (char === '"') quoted = !quoted
    json += char === HOLE && !quoted ? JSON.stringify(HOLE) : char
  }
  try {
    return JSON.parse(json)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A mapping's own pairs; undefined for what is none. */
export function pairsOf(value: unknown): [string, unknown][] | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined
}
