import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingDeps} from '../../../src/onboarding/index.ts'
import type {Platform} from '../../../src/rotation/ports.ts'
import {Secret} from '../../../src/secret.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'

const last = async (world: NewcomerWorld): Promise<unknown> => (await world.journal()).at(-1)
const withPlatform =
  (change: (platform: Platform) => Partial<Platform>) =>
  ({platform}: OnboardingDeps): Partial<OnboardingDeps> => ({platform: {...platform, ...change(platform)}})
const refusing = (code: ConstructorParameters<typeof OpsError>[0]) => async (): Promise<never> => {
  throw new OpsError(code, 'The platform says no.')
}

/** The workspace's own token is to be kept. */
async function keeping(inline: boolean): Promise<NewcomerWorld> {
  const world = await NewcomerWorld.open()
  world.keeps = true
  world.inline = inline
  return world
}

describe("the workspace's own token", () => {
  it.each<[string, boolean, boolean]>([
    ['unknown', false, true],
    ['good', true, true],
    ['dead', true, false],
  ])('that nobody wants kept is told as %s', async (state, inline, lives) => {
    using world = await NewcomerWorld.open()
    world.inline = inline
    if (!lives) world.after('create', () => (world.access.length = 0))
    expect((await world.run(newcomer())).workspaceToken).toEqual({state, place: null})
    expect(world.calls.includes('accepts')).toBe(inline)
    expect(world.writes).not.toContain('mintWorkspaceToken')
  })

  it.each<[string, boolean, boolean, boolean]>([
    ['that came with it and is good is kept', true, true, false],
    ['that came with it and is dead gives way to a new one', true, false, true],
    ['that did not come with it is minted', false, true, true],
  ])('%s', async (_, inline, lives, mints) => {
    using world = await keeping(inline)
    if (!lives) world.after('create', () => (world.access.length = 0))
    expect((await world.run(newcomer())).workspaceToken).toEqual({state: 'kept', place: 'shelf/agent-new'})
    expect(world.writes.includes('mintWorkspaceToken')).toBe(mints)
    expect(world.access.some(({value}) => value.equals(world.shelf.get(NAME)!))).toBe(true)
    expect(world.leftAccess).toHaveLength(mints ? 1 : 0)
    const settled = (await world.journal()).filter(({type}) => type === 'access_settled')
    expect(settled).toMatchObject(mints ? [{left: []}] : [])
  })

  it('whose mint an earlier run announced alone is no token that was there before', async () => {
    using world = await keeping(false)
    const before = world.addAccess(true)
    await world.broken('mintWorkspaceToken', 'crash-before', newcomer())
    await world.run(newcomer())
    expect(world.warned).toBe('')
    expect(world.leftAccess).toEqual([before.id, expect.any(String)])
  })

  it('of a workspace that was created by an earlier run is minted', async () => {
    using world = await keeping(true)
    await world.broken('journal online', 'crash-after', newcomer())
    await world.run(newcomer())
    expect(world.leftAccess).toHaveLength(1)
  })

  it('that is kept and good stays', async () => {
    using world = await keeping(true)
    await world.broken('journal proven', 'crash-after', newcomer())
    world.shelf.set(NAME, world.access[0]!.value)
    await world.run(newcomer())
    expect(world.writes).not.toContain('mintWorkspaceToken')
  })

  it('that is kept and not accepted is replaced', async () => {
    using world = await keeping(true)
    world.shelf.set(NAME, new Secret('made-up-workspace-token-not-a-real-one-0001'))
    await world.run(newcomer())
    expect(world.shelf.get(NAME)?.equals(world.access[0]!.value)).toBe(true)
  })

  it('whose mint is refused leaves nothing', async () => {
    using world = await keeping(false)
    const none = withPlatform(() => ({mintWorkspaceToken: refusing('PLATFORM_TOKEN_REJECTED')}))
    await expect(world.run(newcomer(), none)).rejects.toMatchObject({
      code: 'PLATFORM_TOKEN_REJECTED',
      message: expect.stringContaining('agent-new was proven'),
    })
    expect(await last(world)).toMatchObject({type: 'access_settled', left: []})
  })

  it('whose mint breaks is not settled by that', async () => {
    using world = await keeping(false)
    expect(await world.broken('mintWorkspaceToken', 'crash-after', newcomer())).toMatchObject({message: 'killed'})
    expect(await last(world)).toMatchObject({type: 'access_intended'})
  })

  it('whose mint was not answered is revoked again, since its value is lost', async () => {
    using world = await keeping(false)
    world.strike('mintWorkspaceToken', 'lost-after')
    await expect(world.run(newcomer())).rejects.toMatchObject({
      code: 'WRITE_IN_DOUBT',
      message: expect.stringMatching(/was lost\. Its token wt-\S+… was revoked again\. agent-new was proven/),
    })
    expect(world.leftAccess).toEqual([])
    expect(await last(world)).toMatchObject({type: 'access_settled', left: []})
  })

  it('whose mint was not answered and did not come to pass is told as lost', async () => {
    using world = await keeping(false)
    world.strike('mintWorkspaceToken', 'lost-before')
    await expect(world.run(newcomer())).rejects.toMatchObject({
      code: 'WRITE_IN_DOUBT',
      message: expect.not.stringContaining('revoked'),
    })
    expect(await last(world)).toMatchObject({type: 'access_intended'})
    expect(await world.run(newcomer())).toMatchObject({workspaceToken: {state: 'kept'}})
  })

  it('that is not accepted is revoked again', async () => {
    using world = await keeping(false)
    const deaf = ({maker}: OnboardingDeps): Partial<OnboardingDeps> => ({maker: {...maker, accepts: async () => false}})
    await expect(world.run(newcomer(), deaf)).rejects.toMatchObject({
      code: 'WORKSPACE_TOKEN_UNUSABLE',
      message: expect.stringMatching(/agent-new does not accept the token .* Its token wt-\S+… was revoked again\./),
    })
    expect([world.leftAccess, world.shelf.size]).toEqual([[], 0])
  })

  it('that is not accepted and can not be revoked is told with both, and revoked by the next run', async () => {
    using world = await keeping(false)
    await expect(
      world.run(newcomer(), ({maker, platform}) => ({
        maker: {...maker, accepts: async () => false},
        platform: {...platform, revokeWorkspaceToken: refusing('PLATFORM_UNREACHABLE')},
      })),
    ).rejects.toMatchObject({
      code: 'WORKSPACE_TOKEN_UNUSABLE',
      message: expect.stringMatching(
        /Its token wt-\S+… is left in agent-new; the same command revokes it\. The platform says no\./,
      ),
    })
    const [left] = world.leftAccess
    await world.run(newcomer())
    expect(world.leftAccess).not.toContain(left)
    expect(world.leftAccess).toHaveLength(1)
  })

  it('that is not accepted while this process dies is not told at all', async () => {
    using world = await keeping(false)
    const deaf = ({maker}: OnboardingDeps): Partial<OnboardingDeps> => ({maker: {...maker, accepts: async () => false}})
    expect(await world.broken('revokeWorkspaceToken', 'crash-before', newcomer(), deaf)).toMatchObject({
      message: 'killed',
    })
  })
})

describe("a workspace's own token of an earlier run", () => {
  it('that was kept stays, although nobody wrote that down', async () => {
    using world = await keeping(false)
    await world.broken('keep', 'crash-after', newcomer())
    const [kept] = world.leftAccess
    await world.run(newcomer())
    expect(world.leftAccess).toEqual([kept])
    expect(world.writes.filter((name) => name === 'mintWorkspaceToken')).toHaveLength(1)
    expect(await world.journal()).toContainEqual(expect.objectContaining({type: 'access_settled', left: []}))
  })

  it.each([true, false])('that was not kept is revoked (another is wanted: %s)', async (wanted) => {
    using world = await keeping(false)
    await world.broken('keep', 'crash-before', newcomer())
    const [left] = world.leftAccess
    world.keeps = wanted
    await world.run(newcomer())
    expect(world.leftAccess).toHaveLength(wanted ? 1 : 0)
    expect(world.leftAccess).not.toContain(left)
  })

  it('of which nothing is known but that it was begun is named to people', async () => {
    using world = await keeping(false)
    await world.broken('mintWorkspaceToken', 'crash-after', newcomer())
    const [left] = world.leftAccess
    const before = world.access.filter(({ours}) => !ours).map(({id}) => id)
    await world.run(newcomer())
    const warned = world.progress.flatMap((item) => (item.kind === 'warning' ? [item.message] : []))
    expect(warned).toEqual([
      `One of these workspace tokens of agent-new may be ours; revoke it unless you know it: ${left}.`,
    ])
    expect(warned.join()).not.toContain(before[0] ?? 'none')
    expect(await world.journal()).toContainEqual(expect.objectContaining({type: 'access_settled', left: [left]}))
    expect(world.leftAccess).toHaveLength(2)
  })

  it('of which nothing is known is none that somebody uses by now', async () => {
    using world = await keeping(false)
    await world.broken('mintWorkspaceToken', 'crash-after', newcomer())
    const inUse = withPlatform((platform) => ({
      workspaceTokens: async (...asked) =>
        (await platform.workspaceTokens(...asked)).map((row) => ({...row, used: true})),
    }))
    await world.run(newcomer(), inUse)
    expect(world.warned).toBe('')
    expect(world.writes).not.toContain('revokeWorkspaceToken')
  })

  it('that did not come to pass is no news', async () => {
    using world = await keeping(false)
    await world.broken('mintWorkspaceToken', 'crash-before', newcomer())
    await world.run(newcomer())
    expect(world.warned).toBe('')
    expect(world.leftAccess).toHaveLength(1)
  })
})
