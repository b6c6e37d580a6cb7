import {json} from '../router.ts'
import type {PlatformRoute} from '../router.ts'

/** What anybody may ask, and the list of org tokens. */
export const openRoutes: PlatformRoute[] = [
  {method: 'GET', path: '/health', guard: 'none', act: () => json(200, {status: 'ok'})},
  {
    method: 'GET',
    path: '/buildinfo',
    guard: 'none',
    since: 'june02',
    act: () => json(200, {git_sha: '5eed'.repeat(10)}),
  },
  {
    method: 'GET',
    path: '/org/identity',
    guard: 'none',
    since: 'june13',
    act: ({world}) => {
      const told = {name: 'acme', org_id: world.settings.orgId ?? '', platform_managed_available: false, slug: 'acme'}
      return json(200, told)
    },
  },
  {
    method: 'GET',
    path: '/org/tokens',
    guard: 'admin',
    act: ({world}) => {
      const tokens = world.orgTokens.toReversed().map((token) => ({
        id: token.id,
        prefix: token.value.slice(0, 8),
        created_at: token.createdAt,
        ...(token.lastUsedAt !== null && {last_used_at: token.lastUsedAt}),
      }))
      return json(200, {tokens, count: tokens.length})
    },
  },
]
