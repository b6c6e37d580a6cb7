const PREFIX = 'PATROL_CONTRACT_'

/** Every variable by which a server is given, after the prefix, and those that it is nothing without. */
const NEEDS = {
  GITEA_URL: ['GITEA_ADMIN', 'GITEA_PASSWORD_FILE'],
  GITEA_ADMIN: ['GITEA_URL'],
  GITEA_PASSWORD_FILE: ['GITEA_URL'],
  PLATFORM_HOOK: ['PLATFORM_URL', 'PLATFORM_RELEASE', 'PLATFORM_MODE', 'PLATFORM_ADMIN_TOKEN_FILE'],
  PLATFORM_RELEASE: ['PLATFORM_HOOK'],
  PLATFORM_MODE: ['PLATFORM_HOOK'],
  PLATFORM_URL: ['PLATFORM_ADMIN_TOKEN_FILE'],
  PLATFORM_ADMIN_TOKEN_FILE: ['PLATFORM_URL'],
  PLATFORM_ORG_ID: ['PLATFORM_URL'],
} as const

type Name = keyof typeof NEEDS

const NAMES = Object.keys(NEEDS).filter(isName)

/**
 * What an environment says of given servers, by names without the prefix. Throws where it has one that does not exist, is
 * empty, or is nothing without others: the cases would run on simulators, and nobody would be told.
 */
export function namedBy(env: Readonly<Record<string, string | undefined>>): Partial<Record<Name, string>> {
  const strange = Object.keys(env).find((name) => name.startsWith(PREFIX) && !isName(name.slice(PREFIX.length)))
  if (strange !== undefined) throw new Error(`${strange} is not known; there are ${NAMES.join(', ')} after ${PREFIX}`)
  const named: Partial<Record<Name, string>> = {}
  for (const name of NAMES) {
    const value = env[PREFIX + name]
    if (value === undefined) continue
    if (value.trim() === '') throw new Error(`${PREFIX}${name} is empty`)
    const missing = NEEDS[name].filter((other) => env[PREFIX + other] === undefined).map((other) => PREFIX + other)
    if (missing.length > 0) throw new Error(`${PREFIX}${name} needs ${missing.join(', ')} too`)
    named[name] = value
  }
  return named
}

function isName(name: string): name is Name {
  return Object.hasOwn(NEEDS, name)
}

// A setup file of every contract test: each of them fails where something is wrong with the environment.
namedBy(process.env)
