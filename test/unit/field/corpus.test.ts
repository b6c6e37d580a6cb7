import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {FIELD, pastes, programs} from '../../../scripts/field/labels.ts'
import {SCOPES} from '../../../src/scopes/vocabulary.ts'

describe('the inputs of bench:field are well-formed:', () => {
  test.each([
    {kind: 'lines', atLeast: 60},
    {kind: 'answers', atLeast: 60},
  ] as const)('$kind that are pasted', ({kind, atLeast}) => {
    const all = pastes(kind)
    expect(all.length).toBeGreaterThanOrEqual(atLeast)
    expect(twice(all.map(({name}) => name))).toEqual([])
    expect(twice(all.map(({text}) => text))).toEqual([])
    expect(strange(all.flatMap(({scopes = [], oneOf = []}) => [...scopes, ...oneOf.flat()]))).toEqual([])
  })

  test('programs, each with its label', () => {
    const needs = programs()
    expect(needs.size).toBeGreaterThanOrEqual(40)
    expect([...needs.keys()].toSorted()).toEqual(readdirSync(join(FIELD, 'infer/programs')).toSorted())
    expect(strange([...needs.values()].flatMap(({scopes}) => scopes.flat()))).toEqual([])
  })

  test('about a sixth of the lines holds no call', () => {
    const lines = pastes('lines')
    const without = lines.filter(({nothing}) => nothing).length / lines.length
    expect(without).toBeGreaterThan(1 / 8)
    expect(without).toBeLessThan(1 / 4)
  })
})

function twice(names: readonly string[]): string[] {
  return names.filter((name, at) => names.indexOf(name) !== at)
}

function strange(scopes: readonly string[]): string[] {
  return scopes.filter((scope) => !SCOPES.some((known) => known === scope))
}
