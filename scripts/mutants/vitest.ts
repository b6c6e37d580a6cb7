/**
 * What a test file of ours takes from Vitest, in one process and again and again: it is loaded once, and each of its
 * tests can then be run by itself, as often as there are mutants. `expect` is Vitest's own.
 */
import {setTimeout as sleep} from 'node:timers/promises'
import {expect as vitestExpect} from 'vitest'

type Body = (...args: never[]) => unknown
type Hook = () => unknown

interface Suite {
  name: string
  parent: Suite | undefined
  body: Hook
  before: Hook[]
  after: Hook[]
  inner: Suite[]
}

export interface Test {
  /** The same in every process: its file, its suites, its name, and which one of the file's it is. */
  id: string
  /** Runs it between its hooks; throws what it, or a hook of it, throws first. */
  run(): Promise<void>
}

let suite: Suite
let found: Test[]
let cleanups: Hook[] = []

/** The tests of a file, in their order; `load` imports it. */
export async function collect(file: string, load: Hook): Promise<Test[]> {
  found = []
  await fill({name: file, parent: undefined, body: load, before: [], after: [], inner: []})
  return found
}

/** The file that a test stands in. */
export function fileOf(id: string): string {
  return id.split(' > ', 1)[0]!
}

/** As in Vitest, a suite is gone through when what stands around it has been. */
async function fill(whole: Suite): Promise<void> {
  suite = whole
  await whole.body()
  for (const inner of whole.inner) await fill(inner)
}

export const describe = withEach((name, body) => {
  suite.inner.push({name, parent: suite, body, before: [], after: [], inner: []})
})

export const test = withEach((name, body) => {
  const around = suites(suite)
  const title = [...around.map((each) => each.name), name].join(' > ')
  found.push({id: `${title} #${found.length + 1}`, run: () => within(around, body)})
})
export const it = test

export const beforeEach = (hook: Hook): void => void suite.before.push(hook)
export const afterEach = (hook: Hook): void => void suite.after.push(hook)
export const onTestFinished = (hook: Hook): void => void cleanups.push(hook)

/** Vitest's, but that polling works without its worker. */
export const expect: typeof vitestExpect = Object.assign(vitestExpect.bind(undefined), vitestExpect, {
  poll: (read: () => unknown) => new Proxy({}, {get: (_, matcher: 'toBe') => polling(read, matcher)}),
})

function polling(read: () => unknown, matcher: 'toBe') {
  return async (wanted: unknown): Promise<void> => {
    for (;;) {
      const seen = await read()
      try {
        // oxlint-disable-next-line vitest/valid-expect -- the matcher has its name from the test
        return vitestExpect(seen)[matcher](wanted)
      } catch {
        await sleep(20)
      }
    }
  }
}

/** `define(name, body)`, and `define.each(rows)(name, body)`, whose names stay as they are written. */
function withEach(define: (name: string, body: Hook) => void) {
  const each =
    (rows: readonly unknown[]) =>
    (name: string, body: Body): void => {
      for (const row of rows) {
        define(name, () => Reflect.apply(body, undefined, Array.isArray(row) ? row : [row]))
      }
    }
  return Object.assign(define, {each})
}

/** A suite and all that it stands in, the outermost first. */
function suites(inmost: Suite | undefined): Suite[] {
  return inmost ? [...suites(inmost.parent), inmost] : []
}

async function within(around: readonly Suite[], body: Hook): Promise<void> {
  cleanups = []
  const failures: unknown[] = []
  const attempt = async (hook: Hook): Promise<unknown> => {
    try {
      return await hook()
    } catch (error) {
      failures.push(error)
    }
    return undefined
  }

  const endings: Hook[] = around.flatMap(({after}) => after)
  for (const hook of around.flatMap(({before}) => before)) {
    if (failures.length > 0) break
    const ending = await attempt(hook)
    if (isHook(ending)) endings.push(ending)
  }
  if (failures.length === 0) await attempt(body)
  for (const hook of endings.toReversed()) await attempt(hook)
  for (const hook of cleanups.toReversed()) await attempt(hook)
  if (failures.length > 0) throw failures[0]
}

function isHook(value: unknown): value is Hook {
  return typeof value === 'function'
}
