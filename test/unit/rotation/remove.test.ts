import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {removeToken, revokeOwnWorkspaceToken} from '../../../src/rotation/gate.ts'
import type {TokenRow, WorkspaceToken} from '../../../src/rotation/ports.ts'
import {isSame, type TokenRef} from '../../../src/story/tokens.ts'

const owner = {user: 'agent-dev-a', agent: 'dev-a'}
const token: TokenRef = {id: 3, name: 'laptop', lastEight: '00000003'}
const row: TokenRow = {...token, scopes: []}
const lost = () => new OpsError('WRITE_IN_DOUBT', 'The answer was lost.')
const refused = () => new OpsError('GITEA_UNREADABLE', 'Gitea lets us read no tokens.')

describe('a deletion', () => {
  let listed: TokenRow[]
  let sent: number[]
  beforeEach(() => {
    listed = [row]
    sent = []
  })

  /** Deletes with a Gitea that does one thing after the other for each try: whether it deletes, and what it says. */
  function deleting(tries: {deletes: boolean; says?: Error | 'absent'}[], signal?: AbortSignal) {
    const tokens = {
      list: async () => listed,
      remove: async ({id}: {id: number}) => {
        sent.push(id)
        const {deletes, says} = tries[sent.length - 1]!
        if (deletes) listed = listed.filter((each) => each.id !== id)
        if (says instanceof Error) throw says
        return says ?? ('removed' as const)
      },
    }
    return removeToken({tokens, ...(signal && {signal})}, owner, token)
  }

  it('is sent once where it is answered, and not at all for a token that is not there', async () => {
    expect(await deleting([{deletes: true}])).toBe('removed')
    expect(await deleting([])).toBe('absent')
    expect(sent).toEqual([3])
  })

  it('is not sent for a user who is gone, for the tokens went along', async () => {
    const list = async () => Promise.reject(new OpsError('GITEA_USER_UNKNOWN', 'Gitea has no such user.'))
    const remove = async () => Promise.reject(new Error('it was sent'))
    expect(await removeToken({tokens: {list, remove}}, owner, token)).toBe('absent')
    const works = async (rows: readonly TokenRow[]) => {
      if (rows.length === 0) throw new OpsError('TOKENS_DOUBTED', 'It works all the same.')
    }
    await expect(removeToken({tokens: {list, remove}}, owner, token, works)).rejects.toMatchObject({
      code: 'TOKENS_DOUBTED',
    })
  })

  it('is not sent where the list can not be read', async () => {
    const list = async () => Promise.reject(refused())
    const remove = async () => Promise.reject(new Error('it was sent'))
    await expect(removeToken({tokens: {list, remove}}, owner, token)).rejects.toMatchObject({code: 'GITEA_UNREADABLE'})
  })

  it('whose answer was lost is settled by the list: done, though nobody said so', async () => {
    expect(await deleting([{deletes: true, says: lost()}])).toBe('removed')
    expect(sent).toHaveLength(1)
  })

  it('whose answer was lost is sent three times at most, while the token is listed', async () => {
    const never = {deletes: false, says: lost()}
    expect(await deleting([never, never, {deletes: true, says: lost()}])).toBe('removed')
    listed = [row]
    sent = []
    await expect(deleting([never, never, never])).rejects.toMatchObject({code: 'WRITE_IN_DOUBT'})
    expect(sent).toHaveLength(3)
  })

  it('that finds no such token is believed once the list has none either', async () => {
    const denied = {deletes: false, says: 'absent' as const}
    expect(await deleting([denied, {deletes: true, says: 'absent'}])).toBe('removed')
    listed = [row]
    sent = []
    await expect(deleting([denied, denied, denied])).rejects.toMatchObject({
      code: 'TOKENS_DOUBTED',
      message: expect.stringContaining('lists laptop (id 3) of agent-dev-a, and says that there is none'),
      suggestions: ['patrol doctor'],
    })
    expect(sent).toHaveLength(3)
  })

  it('whose answer was lost stays in doubt where something speaks against sending it again', async () => {
    const serving = new OpsError('GUARD_SERVING_TOKEN', 'It may serve dev-a. Nothing was revoked.')
    const stopped = new OpsError('INTERRUPTED', 'Stopped.')
    for (const [why, expected] of [
      [serving, {code: 'WRITE_IN_DOUBT', message: 'The answer was lost. It was not sent again: It may serve dev-a.'}],
      [stopped, {code: 'INTERRUPTED'}],
    ] as const) {
      let looks = 0
      const doubt = async () => {
        if (++looks > 1) throw why
      }
      const remove = async () => Promise.reject(lost())
      const tokens = {list: async () => [row], remove}
      await expect(removeToken({tokens}, owner, token, doubt)).rejects.toMatchObject(expected)
      looks = 1
      await expect(removeToken({tokens}, owner, token, doubt)).rejects.toBe(why)
    }
  })

  it.each([refused(), new Error('no error of a server')])('that was refused is not sent again: %s', async (says) => {
    await expect(deleting([{deletes: false, says}])).rejects.toBe(says)
    expect(sent).toHaveLength(1)
  })

  it('is not sent again once somebody asked to stop', async () => {
    const stopped = deleting([{deletes: false, says: lost()}], AbortSignal.abort())
    await expect(stopped).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(sent).toHaveLength(1)
  })
})

it('a token is the same only by id, name and last eight together', () => {
  expect(isSame(row, token)).toBe(true)
  const others = [{id: 4}, {name: 'another laptop'}, {lastEight: '90000003'}]
  expect(others.filter((other) => isSame({...row, ...other}, token))).toEqual([])
})

describe('a workspace token of ours', () => {
  const rows: WorkspaceToken[] = [
    {id: 'old', prefix: 'ours1234', used: true},
    {id: 'new', prefix: 'ours1234', used: false},
    {id: 'strange', prefix: 'other123', used: false},
  ]

  /** `lists`: what the platform answers, one time after the other. */
  async function revoking(known: string[], ...lists: WorkspaceToken[][]) {
    const answers = [...lists]
    const revoked: string[] = []
    const revoke = async (_: string, id: string) => {
      revoked.push(id)
      return 'revoked' as const
    }
    const platform = {workspaceTokens: async () => answers.shift() ?? rows, revokeWorkspaceToken: revoke}
    const left = await revokeOwnWorkspaceToken(platform, 'w', {prefix: 'ours1234', known})
    return {revoked, left}
  }

  it('is the one that came since and bears our prefix', async () => {
    expect(await revoking(['old', 'strange'])).toEqual({revoked: ['new'], left: []})
  })

  it('may have a twin, of a mint that was delivered twice: what came since and was never used is named', async () => {
    const used = {id: 'process', prefix: 'agent123', used: true}
    expect(await revoking(['old'], [...rows, used])).toEqual({revoked: ['new'], left: ['strange']})
  })

  it('is gone only where it is missing twice: a list of before may come once more', async () => {
    expect(await revoking(['old', 'strange'], rows.slice(0, 1))).toEqual({revoked: ['new'], left: []})
  })

  it('is nobody’s where several could be it: none is touched, all are named', async () => {
    expect(await revoking(['strange'])).toEqual({revoked: [], left: ['old', 'new']})
  })

  it('is gone where none came since', async () => {
    expect(await revoking(['old', 'new', 'strange'])).toEqual({revoked: [], left: []})
  })
})
