import {reaches, type Forge} from '../forge.ts'

/**
 * Whether each one-time code is taken once: from Gitea 1.26.3 on; Forgejo 7 to 15 takes one again (services/auth: basic.go).
 * Undefined where that is not known before it is tried.
 */
export function takesCodesOnce(forge: Forge): boolean | undefined {
  if (forge.name === 'gitea') return reaches(forge, 'gitea', '1.26.3')
  return forge.name === 'forgejo' && !reaches(forge, 'forgejo', '16.0') ? false : undefined
}

/**
 * Whether the token endpoints may act on whoever asks, whatever user their path names (gitea before 1.21.1); taken for
 * granted where nobody tells.
 */
export function actsOnDoer(forge: Forge): boolean {
  if (forge.name === 'forgejo') return false
  return !reaches(forge, 'gitea', '1.22')
}

/** Whether tokens can be confined to repositories: from Forgejo 15 on. Undefined where nobody tells. */
export function confinesTokens(forge: Forge): boolean | undefined {
  return forge.name === 'unknown' ? undefined : reaches(forge, 'forgejo', '15.0')
}

/**
 * Whether tokens are minted and deleted for an administrator's token that is sent as the password. Forgejo has refused it
 * since 11.0.4 and 12.0.2 (401 "auth method not allowed"). Undefined where nobody tells.
 */
export function mintsWithToken(forge: Forge): boolean | undefined {
  if (forge.name !== 'forgejo') return forge.name === 'gitea' ? true : undefined
  return !reaches(forge, 'forgejo', forge.major === 12 ? '12.0.2' : '11.0.4')
}

/** Whether a token hands out no scope that it lacks itself: from Gitea 1.27 on. Undefined where nobody tells. */
export function boundsMints(forge: Forge): boolean | undefined {
  return forge.name === 'unknown' ? undefined : reaches(forge, 'gitea', '1.27')
}
