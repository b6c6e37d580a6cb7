import {describe, expect, onTestFinished, test} from 'vitest'
import {Http} from '../../../src/http.ts'
import {PlatformClient} from '../../../src/platform/client.ts'
import {Secret} from '../../../src/secret.ts'
import {startPlatform} from '../../../src/simulator/platform/index.ts'
import type {PlatformOptions} from '../../../src/simulator/types.ts'
import {ID} from './server.ts'

const VALUE = `${'e'.repeat(32)}00000041`
const ADMIN = 'not-a-real-platform-token-0002'

async function simulated(options: PlatformOptions): Promise<PlatformClient> {
  const workspace = {id: ID, name: 'agent-dev-a', uptimeSeconds: 900, secrets: {GITEA_TOKEN: VALUE, OTHER: 'x'}}
  const platform = await startPlatform({workspaces: [workspace], adminToken: ADMIN}, options)
  const http = new Http({baseUrl: platform.url, userAgent: 'patrol-test'})
  onTestFinished(async () => {
    await http.close()
    await platform.close()
  })
  return new PlatformClient({http, token: new Secret(ADMIN), clock: {now: Date.now, sleep: async () => {}}})
}

describe.each<PlatformOptions>([
  {release: 'april', mode: 'docker'},
  {release: 'april', mode: 'saas'},
  {release: 'june13', mode: 'docker'},
  {release: 'june13', mode: 'saas'},
  {release: 'aug14', mode: 'docker'},
  {release: 'aug14', mode: 'saas'},
])('a secret of the simulated platform ($release, $mode)', (options) => {
  test('is read with a workspace token of our own, which then is gone again', async () => {
    const client = await simulated(options)
    const before = await client.workspaceTokens(ID)
    const {prefix, value} = await client.mintWorkspaceToken(ID)
    expect((await client.secretValue(ID, 'GITEA_TOKEN', value))?.equals(new Secret(VALUE))).toBe(true)
    const known = new Set(before.map((row) => row.id))
    const ours = (await client.workspaceTokens(ID)).filter((row) => !known.has(row.id))
    expect(ours.map((row) => row.prefix)).toEqual([prefix])
    expect(await client.revokeWorkspaceToken(ID, ours[0]!.id)).toBe('revoked')
    expect(await client.revokeWorkspaceToken(ID, ours[0]!.id)).toBe('absent')
    expect(await client.workspaceTokens(ID)).toEqual(before)
    await expect(client.secretValue(ID, 'GITEA_TOKEN', value)).rejects.toMatchObject({code: 'PLATFORM_TOKEN_REJECTED'})
  })

  test('is not given to the admin token', async () => {
    const client = await simulated(options)
    await client.mintWorkspaceToken(ID)
    await expect(client.secretValue(ID, 'GITEA_TOKEN', new Secret(ADMIN))).rejects.toMatchObject({
      code: 'PLATFORM_TOKEN_REJECTED',
    })
  })
})
