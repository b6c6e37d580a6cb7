import {describe, expect, test} from 'vitest'
import {
  compareReach,
  isRepository,
  isWider,
  covers,
  reachText,
  unconfinable,
  type RepositoryReach,
} from '../../../src/scopes/repositories.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'

describe('what may go with a list of repositories (forgejo 15.0.3)', () => {
  test.each<[Scope[], Scope[]]>([
    [['read:issue', 'write:issue', 'read:repository', 'write:repository'], []],
    [['read:issue', 'read:user'], ['read:user']],
    [['public-only', 'read:repository'], ['public-only']],
    [['all'], ['all']],
  ])('of %j a server refuses %j', (scopes, refused) => {
    expect(unconfinable(scopes)).toEqual(refused)
  })
})

describe('two reaches', () => {
  test.each<{held: RepositoryReach; wanted: RepositoryReach; missing: 'all' | string[]; excess: 'all' | string[]}>([
    {held: ['o/r'], wanted: ['O/R'], missing: [], excess: []},
    {held: ['o/r', 'o/s'], wanted: ['o/s', 'o/t'], missing: ['o/t'], excess: ['o/r']},
    {held: 'all', wanted: ['o/r'], missing: [], excess: 'all'},
    {held: 'all', wanted: 'all', missing: [], excess: []},
    {held: ['o/r'], wanted: 'all', missing: 'all', excess: []},
  ])('$held against $wanted', ({held, wanted, missing, excess}) => {
    expect(compareReach(held, wanted)).toEqual({missing, excess})
  })

  test('are compared by what they add', () => {
    expect(isWider('all', ['o/r'])).toBe(true)
    expect(isWider(['o/r'], 'all')).toBe(false)
    expect(isWider(['o/r', 'o/s'], ['o/r'])).toBe(true)
    expect(isWider(['o/r'], ['O/R', 'o/s'])).toBe(false)
  })

  test('reach by name, whatever its capitals', () => {
    expect(covers(['Acme/Core'], 'acme/core')).toBe(true)
    expect(covers(['acme/core'], 'acme/other')).toBe(false)
    expect(covers('all', 'acme/other')).toBe(true)
  })

  test('are said in words', () => {
    expect(reachText(['o/r', 'o/s'])).toBe('confined to o/r, o/s')
    expect(reachText('all')).toBe('every repository of its user')
  })
})

test.each([
  ['acme/core', true],
  ['a.b/c-d_e', true],
  ['acme', false],
  ['acme/core/x', false],
  ['acme/..', false],
  ['/core', false],
  ['ac me/core', false],
])('%s is a repository: %s', (text, is) => {
  expect(isRepository(text)).toBe(is)
})
