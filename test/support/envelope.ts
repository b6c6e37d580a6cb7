import {readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {Ajv2020} from 'ajv/dist/2020.js'
import {expect} from 'vitest'

/** What a run prints under `--json`. */
export interface Document<R = unknown> {
  status: number
  result: R
  findings?: (Record<string, unknown> & {message: string})[]
  incomplete?: {agent: string; code: string; exit: number}[]
  warnings: string[]
  error?: {code: string; message: string; suggestions: string[]; ref: string | null}
}

const SCHEMA = join(resolve(import.meta.dirname, '../..'), 'src/report/envelope.schema.json')
const schema: object = JSON.parse(readFileSync(SCHEMA, 'utf8'))
const isEnvelope = new Ajv2020({allErrors: true}).compile(schema)

/** The one document on stdout, valid and in agreement with the exit code. */
export function documentOf<R = unknown>({exit, stdout}: {exit: number | null; stdout: string}): Document<R> {
  const document: Document<R> = JSON.parse(stdout)
  isEnvelope(document)
  expect(isEnvelope.errors ?? []).toEqual([])
  expect(document.status).toBe(exit)
  return document
}
