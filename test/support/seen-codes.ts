import {subscribe, unsubscribe} from 'node:diagnostics_channel'
import {stripVTControlCharacters} from 'node:util'
import {CATALOGUE, OpsError, type Code} from '../../src/errors.ts'

/** Codes of errors that came up in this test file. */
const seen = new Set<Code>()

/**
 * Begins a file: listens to every error that patrol's own code makes; those that a test makes up count for nothing. A process
 * may run many files, and begins each anew.
 */
export function listenForErrors(): void {
  seen.clear()
  unsubscribe('patrol.error', hear)
  subscribe('patrol.error', hear)
}

function hear(error: unknown): void {
  // To read a stack is slow.
  if (error instanceof OpsError && !seen.has(error.code) && madeBySource(error)) seen.add(error.code)
}

/** Takes note of the codes in what a run printed. */
export function noteCodes(printed: string): void {
  for (const code of codesIn(printed)) seen.add(code)
}

/** The codes in what a run printed, as JSON or for people. */
export function codesIn(printed: string): Code[] {
  const plain = stripVTControlCharacters(printed).replaceAll('\r', '')
  const found = [...plain.matchAll(/"code": ?"([A-Z_]+)"|^Code: ([A-Z_]+)$/gm)]
  return found.map(([, json, word]) => json ?? word ?? '').filter(isCode)
}

/** All of them so far. */
export function codesSeen(): Code[] {
  return [...seen].toSorted()
}

function isCode(text: string): text is Code {
  return Object.hasOwn(CATALOGUE, text)
}

/** Whether patrol's own code made an error. The second line of a stack is the constructor's, the third is whoever called it. */
export function madeBySource({stack = ''}: OpsError): boolean {
  const maker = stack.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('/src/errors'))
  return maker !== undefined && /\/(?:src|dist)\//.test(maker) && !/\/test\//.test(maker)
}
