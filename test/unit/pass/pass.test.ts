import {describe, expect, test} from 'vitest'
import {OpsError, type Code} from '../../../src/errors.ts'
import {isPass, passName} from '../../../src/pass/name.ts'
import {AdminPass} from '../../../src/pass/pass.ts'
import type {ExchangeDesk, Keys, Noted, PassBook} from '../../../src/pass/ports.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import {mintedFor} from '../../../src/rotation/names.ts'
import {Secret} from '../../../src/secret.ts'

const START = Date.UTC(2026, 11, 2, 2, 30)
const DAY = 24 * 3_600_000
const OLD = 'patrol-run.laptop.20261201T010203Z.oldoldoldo'

const fail = (code: Code): never => {
  throw new OpsError(code, `${code} was made up.`)
}

/** Gitea as a pass sees it, and the record. `broken`: what the calls of that name throw, in turn; before or after they act. */
class World {
  rows: TokenRow[] = []
  record: Noted[] = []
  calls: string[] = []
  told: string[] = []
  warned: string[] = []
  now = START
  /** As a cache or a proxy may. */
  listsNothing = false
  readonly stop = new AbortController()
  readonly broken = new Map<string, (undefined | {code: Code; acts?: boolean})[]>()
  #ids = 40
  #names = 0

  add(name: string, more: Partial<TokenRow> = {}): TokenRow {
    const id = ++this.#ids
    const row = {id, name, scopes: [], lastEight: String(id).padStart(8, '0'), ...more}
    this.rows.push(row)
    return row
  }

  /** What an earlier run left: on record, and in Gitea. */
  left(more: Partial<Noted> = {}, name = OLD): TokenRow {
    const row = this.add(name)
    this.record.push({name, at: START - 3_600_000, minted: {id: row.id, lastEight: row.lastEight}, gone: true, ...more})
    return row
  }

  async #call<T>(name: string, work: () => T): Promise<T> {
    this.calls.push(name)
    const fault = this.broken.get(name)?.shift()
    if (fault && !fault.acts) fail(fault.code)
    const result = work()
    if (fault) fail(fault.code)
    return result
  }

  #keys(by: string, value?: Secret): Keys {
    const enter = (): void => {
      if (value && !this.isAlive(value)) fail('ADMIN_REJECTED')
    }
    return {
      list: () => (
        enter(),
        this.#call(`list ${by}`, () => (this.listsNothing ? [] : this.rows.map((row) => ({...row}))))
      ),
      remove: ({id}) =>
        this.#call(`remove ${by}`, () => {
          enter()
          this.rows = this.rows.filter((row) => row.id !== id)
          return 'removed' as const
        }),
    }
  }

  isAlive(value: Secret): boolean {
    return this.rows.some(({lastEight}) => lastEight === value.lastEight)
  }

  get desk(): ExchangeDesk {
    return {
      user: 'root',
      mint: (name, scopes) =>
        this.#call('mint', () => {
          if (!this.record.some((each) => each.name === name)) throw new Error('minted what is not on record')
          const {id, lastEight} = this.add(name, {scopes: [...scopes]})
          return {id, value: new Secret(`${'made-up-value-of-a-pass-'.padEnd(32, 'x')}${lastEight}`)}
        }),
      byCode: this.#keys('by code'),
      by: (value) => ({...this.#keys('by pass', value), isDead: async () => !this.isAlive(value)}),
    }
  }

  pass(desk: Partial<ExchangeDesk> = {}, book: Partial<PassBook> = {}): AdminPass {
    return new AdminPass({
      desk: {...this.desk, ...desk},
      book: {
        announce: (name, at) => void this.record.push({name, at, minted: undefined, gone: false}),
        minted: (name, id, lastEight) =>
          void (this.record = this.record.map((each) =>
            each.name === name ? {...each, minted: {id, lastEight}} : each,
          )),
        forget: (name) => void (this.record = this.record.filter((each) => each.name !== name)),
        all: () => [...this.record],
        ...book,
      },
      scopes: async () => ['write:user', 'read:issue'],
      name: () => passName('laptop', this.now, `made${++this.#names}`),
      now: () => this.now,
      signal: this.stop.signal,
      tell: (text) => void this.told.push(text),
      warn: (text) => void this.warned.push(text),
    })
  }

  names(): string[] {
    return this.rows.map(({name}) => name.split('.').at(-1) ?? '')
  }

  recorded(): string[] {
    return this.record.map(({name}) => name.split('.').at(-1) ?? '')
  }
}

describe('the name', () => {
  test('says what it is, on which machine, and since when', () => {
    const name = passName('build box.7', START, 'a1b2c3d4e5')
    expect(name).toBe('patrol-run.build-box-7.20261202T023000Z.a1b2c3d4e5')
    expect(isPass(name)).toBe(true)
    expect(name).toMatch(/^[A-Za-z][A-Za-z0-9._-]{0,99}$/)
  })

  test('fits into one of Gitea whatever the machine is called', () => {
    expect(passName('x'.repeat(300), START, 'a1b2c3d4e5').length).toBeLessThanOrEqual(100)
    expect(isPass(passName('', START, 'a1b2c3d4e5'))).toBe(true)
  })

  test.each(['run', 'patrol-run', 'laptop', '-run'])('is no token of an agent called %s', (agent) => {
    expect(mintedFor(agent, passName(agent, START, 'a1b2c3d4e5'))).toBeUndefined()
  })

  test.each(['patrol.run.20261202.a1b2c3d4e5', 'patrol-run', 'my-patrol-run.laptop.20261202T023000Z.a1', `${OLD}.x`])(
    '%s is none',
    (name) => {
      expect(isPass(name)).toBe(false)
    },
  )
})

describe('one code for a whole run', () => {
  test('all who ask share one pass, which is on record without its value', async () => {
    const world = new World()
    const pass = world.pass()
    const [one, other] = await Promise.all([pass.value(), pass.value()])
    expect(one?.equals(other!)).toBe(true)
    expect(await pass.value()).toBe(one)
    expect(world.calls).toEqual(['mint', 'list by pass'])
    expect(world.rows).toMatchObject([{scopes: ['write:user', 'read:issue']}])
    const {id, lastEight, name} = world.rows[0]!
    expect(world.record).toMatchObject([{name, minted: {id, lastEight}}])
    expect(world.told).toEqual([
      expect.stringContaining(`minted itself ${world.rows[0]?.name}, which it deletes at the end`),
    ])
  })

  test('its last request deletes it, held against the record', async () => {
    const world = new World()
    const pass = world.pass()
    await pass.value()
    await pass.end()
    expect(world.calls.slice(2)).toEqual(['list by pass', 'remove by pass'])
    expect([world.rows, world.record, world.warned]).toEqual([[], [], []])
  })

  test('a run that asked for nothing ends without a request', async () => {
    const world = new World()
    await world.pass().end()
    expect(world.calls).toEqual([])
  })

  test('a row that is another one by now is left, and said', async () => {
    const world = new World()
    const pass = world.pass()
    await pass.value()
    const [row] = world.rows
    Object.assign(row!, {name: 'patrol-run.laptop.20261202T023000Z.renamed'})
    await pass.end()
    expect(world.names()).toEqual(['renamed'])
    expect(world.warned).toEqual([expect.stringMatching(/is left: .*is not the one on record any more/)])
  })

  test('stopped before its first code, it sends and records nothing', async () => {
    const world = new World()
    world.stop.abort()
    await expect(world.pass().value()).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect([world.calls, world.record]).toEqual([[], []])
  })
})

describe('a mint that is refused', () => {
  test('for a wrong password is told, and tried again only by the next who asks', async () => {
    const world = new World()
    world.broken.set('mint', [{code: 'ADMIN_REJECTED'}])
    const pass = world.pass()
    const both = await Promise.allSettled([pass.value(), pass.value()])
    expect(both.map(({status}) => status)).toEqual(['rejected', 'rejected'])
    expect([world.calls, world.record]).toEqual([['mint'], []])
    expect(await pass.value()).toBeDefined()
  })

  test.each(['GITEA_USER_UNKNOWN', 'SCOPE_UNKNOWN'] as const)(
    '%s leaves the run to its codes, once and for all',
    async (code) => {
      const world = new World()
      world.broken.set('mint', [{code}])
      const pass = world.pass()
      expect([await pass.value(), await pass.value()]).toEqual([undefined, undefined])
      await pass.end()
      expect([world.calls, world.record, world.warned]).toEqual([['mint'], [], []])
    },
  )
})

describe('a mint whose answer was lost', () => {
  test.each([true, false])('is looked for before another is minted, which deletes it (came: %s)', async (acts) => {
    const world = new World()
    world.add(OLD)
    world.broken.set('mint', [{code: 'WRITE_IN_DOUBT', acts}])
    const pass = world.pass()
    expect(await pass.value()).toBeDefined()
    const seen = acts ? 'it is there, without its value' : 'it is not there'
    expect(world.told[0]).toMatch(new RegExp(`^The answer to the mint of \\S*made1 was lost; ${seen}\\.$`))
    const swept = acts ? ['list by pass', 'remove by pass'] : []
    expect(world.calls).toEqual(['mint', 'list by code', 'mint', 'list by pass', ...swept])
    expect(world.names()).toEqual(['oldoldoldo', 'made2'])
    // What did not show may still come: the next run looks.
    expect(world.recorded()).toEqual(acts ? ['made2'] : ['made1', 'made2'])
    await pass.end()
    expect(world.recorded()).toEqual(acts ? [] : ['made1'])
    expect(world.warned).toEqual([
      expect.stringMatching(
        acts
          ? /made1 \(id 42, …00000042\) of root, the answer to whose mint was lost, was deleted/
          : /Whether \S*made1 of root was minted is not known/,
      ),
    ])
  })

  test('twice leaves the run to its codes, and both on record', async () => {
    const world = new World()
    const lost = {code: 'WRITE_IN_DOUBT', acts: true} as const
    world.broken.set('mint', [lost, lost])
    const pass = world.pass()
    expect([await pass.value(), await pass.value()]).toEqual([undefined, undefined])
    expect(world.calls).toEqual(['mint', 'list by code', 'mint'])
    await pass.end()
    expect(world.recorded()).toEqual(['made1', 'made2'])
    expect(world.warned).toHaveLength(2)
  })

  test("is not followed by another where the server can't be looked at", async () => {
    const world = new World()
    world.broken.set('mint', [{code: 'WRITE_IN_DOUBT', acts: true}])
    world.broken.set('list by code', [{code: 'GITEA_UNUSABLE'}])
    expect(await world.pass().value()).toBeUndefined()
    expect(world.calls).toEqual(['mint', 'list by code'])
  })

  test('stays looked for when Ctrl-C ended the look', async () => {
    const world = new World()
    world.broken.set('mint', [{code: 'WRITE_IN_DOUBT', acts: true}])
    world.broken.set('list by code', [{code: 'INTERRUPTED'}])
    await expect(world.pass().value()).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(world.recorded()).toEqual(['made1'])
  })
})

describe('a server that does not take it', () => {
  test('for this at all: it is deleted with a code, and codes are used', async () => {
    const world = new World()
    world.broken.set('list by pass', [{code: 'ADMIN_REJECTED'}])
    const pass = world.pass()
    expect([await pass.value(), await pass.value()]).toEqual([undefined, undefined])
    await pass.end()
    expect(world.calls).toEqual(['mint', 'list by pass', 'list by code', 'remove by code'])
    expect(world.told.at(-1)).toContain('takes no token for this')
    expect([world.rows, world.record, world.warned]).toEqual([[], [], []])
  })

  test('any more: it is not handed out again, and that is said once', async () => {
    const world = new World()
    const pass = world.pass()
    await pass.value()
    world.rows = []
    pass.drop()
    pass.drop()
    expect(await pass.value()).toBeUndefined()
    await pass.end()
    expect(world.told.slice(1)).toEqual([expect.stringContaining("The server refuses this run's own token by now.")])
    expect([world.record, world.warned]).toEqual([[], []])
  })

  test('just now: whoever asks sees for himself', async () => {
    const world = new World()
    world.broken.set('list by pass', [{code: 'GITEA_UNUSABLE'}])
    expect(await world.pass().value()).toBeDefined()
  })
})

describe('what earlier runs left', () => {
  test('of a process that is gone is deleted by the pass, and said', async () => {
    const world = new World()
    world.add('patrol-run.other.20261201T010203Z.otherother')
    const {id} = world.left()
    await world.pass().value()
    expect(world.calls).toEqual(['mint', 'list by pass', 'list by pass', 'remove by pass'])
    expect(world.names()).toEqual(['otherother', 'made1'])
    expect(world.recorded()).toEqual(['made1'])
    expect(world.warned).toEqual([
      `${OLD} (id ${id}, …000000${id}) of root, which an earlier run left that was stopped, was deleted: nobody had its value.`,
    ])
  })

  test('by a mint that was never answered goes by its name', async () => {
    const world = new World()
    world.left({minted: undefined})
    await world.pass().value()
    expect(world.names()).toEqual(['made1'])
  })

  test('of a run that is under way stays', async () => {
    const world = new World()
    world.left({gone: false})
    await world.pass().value()
    expect(world.names()).toEqual(['oldoldoldo', 'made1'])
    expect(world.recorded()).toEqual(['oldoldoldo', 'made1'])
  })

  test.each([
    ['begun eight days ago', 8, undefined, false],
    ['begun six days ago', 6, undefined, true],
    ['begun seven days ago', 7, undefined, true],
    ['begun eight days ago and used yesterday', 8, 1, true],
    ['begun nine days ago and used eight days ago', 9, 8, false],
  ])('by a process that nobody can look for, %s', async (_, days, usedDays, stays) => {
    const world = new World()
    const row = world.left({gone: false, at: START - days * DAY})
    if (usedDays !== undefined) row.lastUsedAt = new Date(START - usedDays * DAY).toISOString()
    await world.pass().value()
    expect(world.names()).toEqual(stays ? ['oldoldoldo', 'made1'] : ['made1'])
  })

  test('on another machine, which is on no record here, stays', async () => {
    const world = new World()
    world.add(OLD)
    await world.pass().value()
    expect(world.names()).toEqual(['oldoldoldo', 'made1'])
  })

  test('is not touched once somebody gave it a new value: that is said, once', async () => {
    const world = new World()
    Object.assign(world.left(), {lastEight: 'ffffffff'})
    await world.pass().value()
    expect(world.names()).toEqual(['oldoldoldo', 'made1'])
    expect(world.warned).toEqual([expect.stringContaining('is not the one on record any more')])
    expect(world.recorded()).toEqual(['made1'])
  })

  test('and could not be deleted is said, and left to the next', async () => {
    const world = new World()
    world.left()
    world.broken.set('remove by pass', [{code: 'GITEA_UNUSABLE'}])
    expect(await world.pass().value()).toBeDefined()
    expect(world.warned).toEqual([expect.stringContaining('GITEA_UNUSABLE was made up.')])
    expect(world.recorded()).toEqual(['oldoldoldo', 'made1'])
  })

  test.each<[string, Pick<Noted, 'minted'> & {at?: number}, string[]]>([
    ['one that was minted is gone', {minted: {id: 7, lastEight: '00000007'}}, []],
    ['one that never showed may still come', {minted: undefined, at: START - 9 * 60_000}, ['oldoldoldo']],
    ['one that never showed may come this very moment', {minted: undefined, at: START - 10 * 60_000}, ['oldoldoldo']],
    ['one that never showed comes no more', {minted: undefined, at: START - 11 * 60_000}, []],
  ])('is forgotten once it is not there: %s', async (_, left, kept) => {
    const world = new World()
    world.record.push({name: OLD, at: START, gone: true, ...left})
    await world.pass().value()
    expect(world.recorded()).toEqual([...kept, 'made1'])
  })

  test('is not concluded from a list that lacks the pass by which it was asked for', async () => {
    const world = new World()
    world.left()
    world.listsNothing = true
    expect(await world.pass().value()).toBeDefined()
    expect(world.recorded()).toEqual(['oldoldoldo', 'made1'])
  })
})

describe('what nobody foresaw', () => {
  const bug = (): never => {
    throw new TypeError('made up')
  }

  test('in the mint is thrown, and its record stays', async () => {
    const world = new World()
    const pass = world.pass({mint: async () => bug()})
    await expect(pass.value()).rejects.toThrow(TypeError)
    expect(world.recorded()).toEqual(['made1'])
  })

  test.each([['in the look after a lost answer', {byCode: {list: async () => bug(), remove: async () => bug()}}]])(
    '%s is thrown',
    async (_, desk) => {
      const world = new World()
      world.broken.set('mint', [{code: 'WRITE_IN_DOUBT'}])
      await expect(world.pass(desk).value()).rejects.toThrow(TypeError)
    },
  )

  test('in the list by pass is thrown', async () => {
    const world = new World()
    const by = () => ({list: async () => bug(), remove: async () => bug(), isDead: async () => false})
    await expect(world.pass({by}).value()).rejects.toThrow(TypeError)
  })

  test('in the record is thrown', async () => {
    const world = new World()
    const pass = world.pass({}, {announce: bug})
    await expect(pass.value()).rejects.toThrow(TypeError)
    expect(world.calls).toEqual([])
  })

  test('in a deletion of what was left is thrown', async () => {
    const world = new World()
    world.left()
    const {desk} = world
    const by: ExchangeDesk['by'] = (value) => ({...desk.by(value), remove: async () => bug()})
    await expect(world.pass({by}).value()).rejects.toThrow(TypeError)
  })

  test('at the end is a warning', async () => {
    const world = new World()
    const {desk} = world
    const by: ExchangeDesk['by'] = (value) => ({...desk.by(value), remove: async () => bug()})
    const pass = world.pass({by})
    await pass.value()
    await pass.end()
    expect(world.warned).toEqual([expect.stringContaining('is left: it could not be deleted. Its value is lost')])
  })
})

test('Ctrl-C in the deletion of what was left leaves it, and the pass is used for the rest', async () => {
  const world = new World()
  world.left()
  world.broken.set('remove by pass', [{code: 'INTERRUPTED'}])
  expect(await world.pass().value()).toBeDefined()
  expect([world.recorded(), world.warned]).toEqual([['oldoldoldo', 'made1'], []])
})

test('its own pass is never one that was left, whatever the record says of its process', async () => {
  const world = new World()
  const pass = world.pass({}, {all: () => world.record.map((each) => ({...each, gone: true}))})
  await pass.value()
  expect(world.names()).toEqual(['made1'])
})

describe('the end', () => {
  const LEFT =
    /made1 \(id 41, …00000041\), this run's own token of root, is left: .*value is lost.*"patrol rotation resume"/

  test.each([
    ['took effect and was not answered', true, []],
    ['was answered by nobody who may, each time', false, [LEFT]],
  ])('of a pass whose deletion %s', async (_, acts, said) => {
    const world = new World()
    const pass = world.pass()
    await pass.value()
    const lost = {code: 'WRITE_IN_DOUBT', acts} as const
    world.broken.set('remove by pass', [lost, lost, lost])
    await pass.end()
    expect(world.names()).toEqual(acts ? [] : ['made1'])
    expect(world.recorded()).toEqual(acts ? [] : ['made1'])
    expect(world.warned).toEqual(said.map((each) => expect.stringMatching(each)))
  })

  test('that breaks on what nobody foresaw is said as well, and breaks nothing else', async () => {
    const world = new World()
    const pass = world.pass()
    await pass.value()
    world.broken.set('list by pass', [{code: 'BUG'}])
    await expect(pass.end()).resolves.toBeUndefined()
    expect(world.warned).toHaveLength(1)
  })

  test('is tried once', async () => {
    const world = new World()
    const pass = world.pass()
    await pass.value()
    world.broken.set('list by pass', [{code: 'GITEA_UNUSABLE'}])
    await pass.end()
    await pass.end()
    expect(world.warned).toHaveLength(1)
  })
})

test('without a record nothing is minted: nobody would ever find it', async () => {
  const world = new World()
  const full = (): never => fail('STORE_FULL')
  const pass = new AdminPass({
    desk: world.desk,
    book: {announce: full, minted: full, forget: full, all: full},
    scopes: async () => ['write:user'],
    name: () => OLD,
    now: () => START,
    signal: new AbortController().signal,
    tell() {},
    warn() {},
  })
  expect(await pass.value()).toBeUndefined()
  expect(world.calls).toEqual([])
})
