import {readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {parse} from 'yaml'
import {z} from 'zod'
import {isSubject, type Subject} from './subjects.ts'

/** Where the inputs and their labels are. */
export const FIELD = resolve(import.meta.dirname, '../../test/field')

const Paste = z
  .strictObject({
    name: z.string(),
    text: z.string(),
    args: z.array(z.string()).default([]),
    scopes: z.array(z.string()).optional(),
    oneOf: z.array(z.array(z.string())).optional(),
    about: z.custom<Subject>(isSubject, 'no such subject').optional(),
    nothing: z.literal(true).optional(),
  })
  .refine(
    ({scopes, oneOf, about, nothing}) => (scopes ?? oneOf ?? about ?? nothing) !== undefined,
    'a label is missing',
  )

/** A line or an answer that somebody pastes, with its label. */
export type Paste = z.infer<typeof Paste>

/** The inputs of `patrol explain`: lines that hold a call, and answers of servers. */
export function pastes(kind: 'lines' | 'answers'): Paste[] {
  return z.array(Paste).parse(labels(`explain/${kind}.yaml`))
}

const Need = z
  .strictObject({
    scopes: z.array(z.string()).optional(),
    oneOf: z.array(z.array(z.string())).optional(),
    bound: z.enum(['whole', 'least', 'either']).default('whole'),
  })
  .transform(({scopes, oneOf, bound}) => ({scopes: oneOf ?? [scopes!], bound}))

/** What a program needs: one of these sets, and whether that can be known to be all. */
export type Need = z.infer<typeof Need>

/** The inputs of `patrol infer` by name: a file or a directory below `infer/programs`. */
export function programs(): Map<string, Need> {
  return new Map(Object.entries(z.record(z.string(), Need).parse(labels('infer/labels.yaml'))))
}

const FAULT = /^(?<rule>[a-z-]+)(?<open> \?)? (?<from>\d+)(?:-(?<to>\d+))?$/

const Fault = z.string().transform((text, context) => {
  const {rule, open, from, to = from} = FAULT.exec(text)?.groups ?? {}
  if (rule !== undefined) return {rule, open: open !== undefined, from: Number(from), to: Number(to)}
  context.addIssue({code: 'custom', message: `no fault: ${text}`})
  return z.NEVER
})

/** A fault in a file: its rule and the lines of the statement; `open` where careful people judge differently. */
export type Fault = z.infer<typeof Fault>

/** The inputs of `patrol lint`: files below `lint/files`, and what is wrong in each at medium and above. */
export function provisions(): Map<string, Fault[]> {
  return new Map(Object.entries(z.record(z.string(), z.array(Fault)).parse(labels('lint/labels.yaml'))))
}

function labels(file: string): unknown {
  return parse(readFileSync(join(FIELD, file), 'utf8'))
}
