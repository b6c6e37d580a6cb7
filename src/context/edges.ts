import type {SecretSources} from '../config.ts'
import type {Server} from '../forge.ts'

/** What a command brings along: its flags, its terminal, its interrupt. */
export interface Edges extends Pick<SecretSources, 'ask' | 'warn' | 'strict' | 'signal'> {
  /** `--config`. */
  config: string | undefined
  /** `--gitea-url`, instead of the configured one. */
  giteaUrl: string | undefined
  insecureHttp: boolean
  /** Instead of the usual state directory. */
  stateDir?: string
  /** This run may come to write: it is no dry run, and somebody said yes or can be asked. */
  mayWrite?: boolean
  /** What is going on, for people who wait. */
  tell?: (text: string) => void
  /** Told which server the run turns to, and again what that calls itself once some request has shown it. */
  met?: (server: Server) => void
  /** Told once it was warned of what this run did with tokens of its own: what it says of changes is about all else then. */
  beside?: () => void
  /** Keeps to the servers' own rate limits, and to so many requests a second to each of them. */
  pace?: {rps?: number | undefined}
  /** Of patrol, for the servers' logs. */
  version: string
}
