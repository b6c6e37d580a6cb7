import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {clearRevocation, pushSecret, restartWorkspace, revokeToken} from '../../../src/rotation/index.ts'
import type {Platform, TokenAdmin, TokenRow} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import {addSpare, asking, revokingIn} from '../../support/revocation.ts'
import {pushOf, storeInMemory, World, WORKSPACE} from '../../support/world.ts'

let world: World
let store: Store
let stop: AbortController
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
  stop = new AbortController()
})

const lost = () => new OpsError('WRITE_IN_DOUBT', 'Sent, but no usable answer came.')
const cancelled = () => new OpsError('INTERRUPTED', 'The request was cancelled.')
const rejected = () => new OpsError('PLATFORM_TOKEN_REJECTED', 'The platform rejects our token.')

/** Once `stop` was asked for, every read is cancelled, as those of the clients are. */
const reading = <T extends object>(port: T, ...reads: (keyof T & string)[]): T => {
  const heeding = Object.fromEntries(
    reads.map((name) => {
      const real = port[name]
      if (typeof real !== 'function') throw new Error(`${name} is no read`)
      return [
        name,
        async (...asked: unknown[]): Promise<unknown> => {
          if (stop.signal.aborted) throw cancelled()
          return real.apply(port, asked)
        },
      ]
    }),
  )
  return {...port, ...heeding}
}

const platformWith = (change: Partial<Platform>): Platform => ({
  ...reading(world.platform, 'secretRow', 'read', 'events'),
  ...change,
})

describe('a deletion by hand that is stopped while it is under way', () => {
  let spare: TokenRow
  beforeEach(() => void (spare = addSpare(world)))

  const stopped = async (readable: boolean): Promise<unknown> => {
    const deps = revokingIn(world, store, {signal: stop.signal})
    const cleared = await clearRevocation(asking(spare), deps)
    const remove: TokenAdmin['remove'] = async (warrant) => {
      await deps.tokens.remove(warrant)
      stop.abort()
      throw lost()
    }
    const tokens = {...(readable ? deps.tokens : reading(deps.tokens, 'list')), remove}
    return revokeToken(cleared, {...deps, tokens}).catch((thrown: unknown) => thrown)
  }

  it.each([true, false])('says what is in doubt and how to look (reads go on: %j)', async (readable) => {
    expect(await stopped(readable)).toMatchObject({
      code: 'INTERRUPTED',
      exit: 130,
      message: 'Sent, but no usable answer came. It was not sent again: stopped on request.',
      suggestions: [`patrol revoke dev-a --id ${spare.id}`],
    })
    expect(world.alive(spare.lastEight)).toBe(false)
  })
})

describe('a push by hand', () => {
  const told = async (change: (put: Platform['putSecret']) => Platform['putSecret'], more: Partial<Platform> = {}) => {
    const platform = platformWith({...more, putSecret: change((...sent) => world.platform.putSecret(...sent))})
    const deps = {...world.deps(store), signal: stop.signal, platform}
    return pushSecret(pushOf(world), deps).catch((thrown: unknown) => thrown)
  }
  const IN_DOUBT = 'Whether GITEA_TOKEN of dev-a was stored is not known; its row shows no change so far.'

  it('that is stopped once it was sent says that it may be stored, and what the answer was', async () => {
    const lostAmid: Parameters<typeof told>[0] =
      (put) =>
      async (...sent) => {
        await put(...sent)
        stop.abort()
        throw lost()
      }
    expect(await told(lostAmid)).toMatchObject({
      code: 'INTERRUPTED',
      exit: 130,
      message: `${IN_DOUBT} Sent, but no usable answer came. Stopped on request.`,
      suggestions: ['patrol doctor'],
    })
    expect(world.puts).toBe(1)
  })

  it('that is stopped before its row shows it says so too, though it was answered', async () => {
    const answered: Parameters<typeof told>[0] =
      (put) =>
      async (...sent) => {
        stop.abort()
        return put(...sent)
      }
    expect(await told(answered)).toMatchObject({code: 'INTERRUPTED', message: `${IN_DOUBT} Stopped on request.`})
  })

  it('whose row can not be read after it is incomplete, never as if nothing had been sent', async () => {
    let sent = false
    const secretRow: Platform['secretRow'] = async (...asked) => {
      if (sent) throw rejected()
      return world.platform.secretRow(...asked)
    }
    const put: Parameters<typeof told>[0] =
      (real) =>
      async (...given) => {
        sent = true
        return real(...given)
      }
    expect(await told(put, {secretRow})).toMatchObject({
      code: 'PUSH_UNCONFIRMED',
      exit: 7,
      message: `${IN_DOUBT} The platform rejects our token.`,
    })
  })

  const SAVED = 'The platform says that it saved GITEA_TOKEN for dev-a, but its list does not show the change.'

  it('that was saved and does not show says just that, with what an earlier try left in doubt', async () => {
    const saved = async () => ({kind: 'saved' as const})
    expect(await told(() => saved)).toMatchObject({code: 'PUSH_UNCONFIRMED', exit: 7, message: SAVED})
    const tries = [() => Promise.reject(lost()), saved]
    expect(await told(() => () => tries.shift()!())).toMatchObject({
      code: 'PUSH_UNCONFIRMED',
      message: `${IN_DOUBT} Sent, but no usable answer came. A second try: ${SAVED}`,
    })
  })

  it('that is stopped before it was sent, or while somebody has to approve it, has stored nothing', async () => {
    stop.abort()
    expect(await told((put) => put)).toMatchObject({message: 'The request was cancelled.'})
    stop = new AbortController()
    world.behaviour.approval = 'never'
    world.later(60_000, () => stop.abort())
    expect(await told((put) => put)).toMatchObject({code: 'INTERRUPTED', message: expect.not.stringMatching(/stored/)})
    expect(world.puts).toBe(0)
  })
})

describe('a restart by hand', () => {
  const told = async (change: (restart: Platform['restart']) => Platform['restart'], more: Partial<Platform> = {}) => {
    const platform = platformWith({...more, restart: change((...asked) => world.platform.restart(...asked))})
    const deps = {...world.deps(store), signal: stop.signal, platform}
    return restartWorkspace({workspace: WORKSPACE, agent: 'dev-a'}, deps).catch((thrown: unknown) => thrown)
  }
  const SENT = 'A restart of dev-a was asked for; what came of it was not seen.'

  it.each([
    ['its answer was lost', true],
    ['it was accepted', false],
  ])('that is stopped after %s says that it was asked for', async (_, isLost) => {
    const amid: Parameters<typeof told>[0] =
      (restart) =>
      async (...asked) => {
        const answer = await restart(...asked)
        stop.abort()
        if (isLost) throw lost()
        return answer
      }
    expect(await told(amid)).toMatchObject({
      code: 'INTERRUPTED',
      exit: 130,
      message: `${SENT} Stopped on request.`,
      suggestions: ['patrol smoke dev-a'],
    })
    expect(world.restarts).toBe(1)
  })

  it('whose workspace can not be looked at after it is incomplete', async () => {
    const read: Platform['read'] = async (...asked) => {
      if (world.restarts > 0) throw rejected()
      return world.platform.read(...asked)
    }
    expect(await told((restart) => restart, {read})).toMatchObject({
      code: 'PLATFORM_TOKEN_REJECTED',
      exit: 7,
      message: `${SENT} The platform rejects our token.`,
    })
  })

  it('that is refused says no more than that', async () => {
    expect(await told(() => () => Promise.reject(rejected()))).toMatchObject({
      code: 'PLATFORM_TOKEN_REJECTED',
      exit: 4,
      message: 'The platform rejects our token.',
    })
  })

  it('that is stopped before it was asked for says nothing of one', async () => {
    stop.abort()
    expect(await told((restart) => restart)).toMatchObject({message: 'The request was cancelled.'})
    expect(world.restarts).toBe(0)
  })
})
