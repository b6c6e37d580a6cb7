import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {parseScope, parseScopes} from '../../../src/scopes/parse.ts'
import {dangers, PROFILES} from '../../../src/scopes/profiles.ts'
import {compare, expand, normalise, readStored} from '../../../src/scopes/sets.ts'
import {CATEGORIES, SCOPES, type Scope} from '../../../src/scopes/vocabulary.ts'

const WRITES = CATEGORIES.map((category): Scope => `write:${category}`)
const READS = CATEGORIES.map((category): Scope => `read:${category}`)
const anyScopes = fc.array(fc.constantFrom(...SCOPES), {maxLength: 24})

describe('normal form', () => {
  // The table of gitea 1.22's own parser (contract section 1.3).
  test.each<[Scope[], Scope[]]>([
    [['read:issue', 'write:issue'], ['write:issue']],
    [
      ['write:user', 'read:issue', 'write:repository'],
      ['read:issue', 'write:repository', 'write:user'],
    ],
    [['all', 'read:issue'], ['all']],
    [WRITES, ['all']],
    [
      ['all', 'public-only'],
      ['public-only', 'all'],
    ],
    [
      [...WRITES, 'public-only'],
      ['public-only', 'all'],
    ],
    [['read:user', 'read:user'], ['read:user']],
    [READS, READS],
    [['public-only'], ['public-only']],
    [
      ['write:package', 'read:notification', 'read:admin'],
      ['read:admin', 'read:notification', 'write:package'],
    ],
    [[], []],
  ])('%j is stored as %j', (given, stored) => {
    expect(normalise(given)).toEqual(stored)
  })

  test('is a normal form: once is enough, order and doubles do not matter, and it means the same', () => {
    fc.assert(
      fc.property(anyScopes, (scopes) => {
        const normal = normalise(scopes)
        expect(normalise(normal)).toEqual(normal)
        expect(normalise([...scopes].reverse().concat(scopes))).toEqual(normal)
        expect(expand(normal)).toEqual(expand(scopes))
      }),
    )
  })

  test('expands to single scopes: all to eighteen, write to read as well, public-only to itself', () => {
    expect([...expand(['all'])].toSorted()).toEqual([...READS, ...WRITES].toSorted())
    expect([...expand(['write:issue'])].toSorted()).toEqual(['read:issue', 'write:issue'])
    expect([...expand(['read:issue', 'public-only'])].toSorted()).toEqual(['public-only', 'read:issue'])
  })
})

describe('comparison', () => {
  test.each<[Scope[], Scope[], Scope[], Scope[]]>([
    [
      ['read:repository', 'read:user'],
      ['read:issue', 'write:repository', 'read:user'],
      ['read:issue', 'write:repository'],
      [],
    ],
    [['write:issue'], ['read:issue'], [], ['write:issue']],
    [['all'], WRITES, [], []],
    [['read:issue', 'public-only'], ['read:issue'], [], ['public-only']],
    [[], ['all'], ['all'], []],
  ])('%j against %j lacks %j and has %j too many', (held, wanted, missing, excess) => {
    expect(compare(held, wanted)).toEqual({missing, excess})
  })

  test('is empty exactly when both mean the same, and turns round with its sides', () => {
    fc.assert(
      fc.property(anyScopes, anyScopes, (a, b) => {
        const {missing, excess} = compare(a, b)
        expect(missing.length + excess.length === 0).toBe(normalise(a).join() === normalise(b).join())
        expect(compare(b, a)).toEqual({missing: excess, excess: missing})
      }),
    )
  })

  test('adding what is missing leaves nothing missing', () => {
    fc.assert(
      fc.property(anyScopes, anyScopes, (held, wanted) => {
        const {missing} = compare(held, wanted)
        expect(compare([...held, ...missing], wanted).missing).toEqual([])
      }),
    )
  })
})

describe('reading names', () => {
  test.each(SCOPES)('knows %s', (name) => {
    expect(parseScope(name)).toBe(name)
  })

  test.each([
    ['read:pull-request', 'use read:repository'],
    ['write:pull-request', 'use write:repository'],
    ['read:pull', 'use read:repository'],
    ['write:comment', 'use write:issue'],
    ['read:comment', 'use read:issue'],
    ['read:issues', 'use read:issue'],
    ['read:repo', 'use read:repository'],
    ['read:org', 'use read:organization'],
    ['sudo', 'use write:admin'],
    ['repo', 'use write:repository'],
    ['public_repo', 'use public-only and write:repository'],
    ['admin:org', 'use write:organization'],
    ['user:email', 'use write:user'],
    ['write:all', 'use all'],
    ['READ:ISSUE', 'use read:issue'],
    [' read:user', 'use read:user'],
    ['issue', 'use read:issue'],
    ['issue:read', 'use read:issue'],
    ['read:usr', 'use read:user'],
  ])('refuses %j: %s', (name, suggestion) => {
    const error = refused(() => parseScope(name))
    expect(error).toMatchObject({code: 'SCOPE_UNKNOWN', category: 'usage'})
    expect(error.message).toContain(`"${name}"`)
    expect(error.suggestions).toEqual([suggestion])
  })

  test('says where pull requests and comments belong', () => {
    expect(refused(() => parseScope('read:pull-request')).message).toContain('pull requests belong to "repository"')
    expect(refused(() => parseScope('write:comment')).message).toContain('belong to "issue"')
  })

  test('lists the vocabulary when it has no guess', () => {
    expect(refused(() => parseScope('write:everything-else')).suggestions[0]).toContain('read:issue')
  })

  test('takes lists with commas inside, skips empty elements, and stops at the first unknown name', () => {
    expect(parseScopes('read:issue,,write:repository,')).toEqual(['read:issue', 'write:repository'])
    expect(parseScopes(['read:user', 'read:issue,all'])).toEqual(['read:user', 'read:issue', 'all'])
    expect(parseScopes([''])).toEqual([])
    expect(refused(() => parseScopes('read:issue, read:user')).message).toContain('" read:user"')
  })

  test('any text that is not in the vocabulary is refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!SCOPES.some((scope) => scope === text))
        expect(refused(() => parseScope(text)).code).toBe('SCOPE_UNKNOWN')
      }),
    )
  })

  test.each<[string[] | string | null | undefined, Scope[], string[]]>([
    [null, [], []],
    [undefined, [], []],
    [[''], [], []],
    ['', [], []],
    ['public-only,all', ['public-only', 'all'], []],
    [['write:user', 'read:issue'], ['read:issue', 'write:user'], []],
    [['read:project', 'read:issue'], ['read:issue'], ['read:project']],
  ])('reads what a server lists: %j', (listed, scopes, strange) => {
    expect(readStored(listed)).toEqual({scopes, strange})
  })
})

describe('profiles', () => {
  test('no built-in profile asks for anything dangerous, and each is in normal form but for order', () => {
    for (const {scopes} of Object.values(PROFILES)) {
      expect(dangers(scopes)).toEqual([])
      expect(normalise(scopes)).toHaveLength(scopes.length)
    }
  })

  test.each<[Scope[], Scope[]]>([
    [['write:user'], ['write:user']],
    [
      ['write:admin', 'read:user', 'write:user'],
      ['write:admin', 'write:user'],
    ],
    [['all'], ['all']],
    [['read:admin', 'read:user', 'write:repository'], []],
  ])('of %j, %j is dangerous', (scopes, dangerous) => {
    expect(dangers(scopes).map(({scope}) => scope)).toEqual(dangerous)
  })
})

function refused(parse: () => unknown): OpsError {
  try {
    parse()
  } catch (error) {
    if (error instanceof OpsError) return error
  }
  throw new Error('nothing was refused')
}
