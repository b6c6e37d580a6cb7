import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {OnboardingConfig} from './onboarding.ts'
import type {ProfileConfig} from './profiles.ts'
import type {SecretRef} from './references.ts'

/** One member of the fleet, with every default filled in. */
export interface Agent {
  name: string
  user: string
  /** UUID in lower case, or an exact name. */
  workspace: string
  profile: string
  scopes: readonly Scope[]
  /** Of its profile. */
  repositories?: RepositoryReach | undefined
  maxAgeMs: number | undefined
  token: SecretRef | undefined
  repo: string | undefined
  /** Where its name stands in patrol.yaml, from 1. */
  line: number
  column: number
}

/** How to reach Gitea. */
export interface GiteaConfig {
  url: string
  /** Root URLs that this server had before. */
  formerly: readonly string[]
  repo: string | undefined
  admin: {user: string; password?: SecretRef; totp?: SecretRef; token?: SecretRef} | undefined
  ca: string | undefined
  insecureHttp: boolean
}

/** How to reach the platform. Durations are in ms. */
export interface PlatformConfig {
  url: string
  /** Root URLs that this platform had before. */
  formerly: readonly string[]
  org: string | undefined
  token: SecretRef
  autoRestartWaitMs: number
  restartDeadlineMs: number
  ca: string | undefined
  insecureHttp: boolean
}

/** patrol.yaml, checked, with defaults. */
export interface PatrolConfig {
  file: string
  gitea: GiteaConfig
  platform: PlatformConfig | undefined
  /** Key of the workspace secret that holds the token. */
  secret: string
  label: string
  profiles: ReadonlyMap<string, ProfileConfig>
  /** What `patrol onboard` makes, and how. */
  onboarding: OnboardingConfig
  agents: ReadonlyMap<string, Agent>
}
