import {readdirSync, readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {inferenceOf} from './inference.ts'

const CORPUS = resolve(import.meta.dirname, '../../corpus/infer')

interface Label {
  scopes: string[]
  calls: Record<string, number>
  refused?: number
  unclear: string[]
  unauthenticated?: number
  others?: Record<string, number>
  passed?: number
}

const labels: Record<string, Label> = parse(readFileSync(join(CORPUS, 'labels.yaml'), 'utf8'))
const files = readdirSync(CORPUS).filter((file) => file !== 'labels.yaml')

test('every file of the corpus has a label', () => {
  expect(Object.keys(labels).toSorted()).toEqual(files.toSorted())
})

describe.each(Object.entries(labels))('%s', (file, label) => {
  const found = inferenceOf([join(CORPUS, file)])

  test('every literal call is found, with the least scopes', async () => {
    const {group} = await found
    const uses = [...group.needs.flatMap(({routes}) => routes), ...group.free]
    const calls = Object.fromEntries(uses.map(({method, path, count}) => [`${method} ${path}`, count]))
    expect(calls).toEqual(label.calls)
    expect(group.scopes).toEqual(label.scopes)
    expect([...new Set(uses)].reduce((sum, {refused}) => sum + refused, 0)).toBe(label.refused ?? 0)
  })

  test('what is not understood is listed, with where it stands', async () => {
    const {inference} = await found
    const {kinds, count} = inference.notUnderstood
    expect(count).toBe(label.unclear.length)
    for (const piece of label.unclear)
      expect(kinds.map(({text}) => text)).toContainEqual(expect.stringContaining(piece))
    for (const {examples} of kinds) expect(examples[0]?.file).toContain(file)
  })

  test('everything else is counted', async () => {
    const {inference, group} = await found
    expect(Object.fromEntries(group.others.map(({kind, count}) => [kind, count]))).toEqual(label.others ?? {})
    expect(group.unauthenticated).toBe(label.unauthenticated ?? 0)
    expect(inference.read.passedLines).toBe(label.passed ?? 0)
  })

  test('no token comes out', async () => {
    expect(JSON.stringify((await found).inference)).not.toMatch(/a{9}/)
  })
})
