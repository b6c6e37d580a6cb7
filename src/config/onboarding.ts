import type {RawConfig} from './schema.ts'

/** One way into a repository. Without a permission the profile's scopes decide. */
export type MembershipConfig =
  | {kind: 'collaborator'; repo: string; permission: 'read' | 'write' | 'admin' | undefined}
  | {kind: 'team'; organisation: string; team: string}

/** What onboarding makes, and how. What is undefined is left to the servers. */
export interface OnboardingConfig {
  emailDomain: string
  visibility: 'public' | 'limited' | 'private' | undefined
  restricted: boolean | undefined
  workspace: {runtime?: string; template?: string; tier?: number; model?: string; role?: string; parent?: string}
  /** By profile; none where a profile says nothing about them. */
  memberships: ReadonlyMap<string, readonly MembershipConfig[]>
}

/** The part of patrol.yaml that onboarding reads, with its defaults. */
export function onboardingOf({onboarding = {}, profiles = {}}: RawConfig): OnboardingConfig {
  const {visibility, restricted, workspace} = onboarding
  return {
    // Nobody reads this mail: the domain is reserved for never having any (RFC 2606).
    emailDomain: onboarding['email-domain'] ?? 'noreply.invalid',
    visibility,
    restricted,
    workspace: written(workspace ?? {}),
    memberships: new Map(Object.entries(profiles).flatMap(([name, profile]) => membershipsOf(name, profile))),
  }
}

function membershipsOf(
  name: string,
  {repos, teams}: NonNullable<RawConfig['profiles']>[string],
): [string, MembershipConfig[]][] {
  if (!repos && !teams) return []
  const direct = (repos ?? []).map(({repo, permission}) => ({kind: 'collaborator' as const, repo, permission}))
  const joined = (teams ?? []).map(({org, team}) => ({kind: 'team' as const, organisation: org, team}))
  return [[name, [...direct, ...joined]]]
}

/** Without the keys that are undefined. */
function written<T extends object>(entry: T): {[K in keyof T]?: NonNullable<T[K]>} {
  return JSON.parse(JSON.stringify(entry))
}
