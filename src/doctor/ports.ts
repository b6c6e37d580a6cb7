import type {Forge} from '../forge.ts'

/** Gitea as a check-up sees it. Every method throws `OpsError`. */
export interface GiteaPort {
  readonly url: string
  /** The proxy through which it is asked, without credentials. */
  readonly proxy?: string | undefined
  /** Which it is, by what it tells strangers. */
  forge(): Promise<Forge>
  /** Its clock, in ms since the epoch; undefined when it sends none. */
  serverDate(): Promise<number | undefined>
}

/** The administrator's credential. Every method throws `OpsError`. */
export interface AdminPort {
  readonly user: string
  readonly kind: 'password' | 'token'
  /** Whether one-time codes are at hand. */
  readonly hasCodes: boolean
  /** The user as Gitea shows him to himself; undefined when there is none. */
  account(): Promise<{isAdmin: boolean} | undefined>
  /** Lists the user's tokens: the gate that minting has to pass as well. */
  listTokens(): Promise<unknown>
  /**
   * Whether the credential may write tokens; asked without writing any. `password`: the server, which is named, takes only a
   * password for it.
   */
  mayMint(): Promise<{kind: 'yes' | 'no' | 'unknown'} | {kind: 'password'; server: string}>
  /** Whether the issue lists of a repository can be filtered by a label. */
  hasLabel(repo: string, label: string): Promise<boolean>
}

/** The platform as a check-up sees it. Every method throws `OpsError`. */
export interface PlatformPort {
  readonly url: string
  /** As Gitea's. */
  readonly proxy?: string | undefined
  readonly org: string | undefined
  health(): Promise<{clockSkewMs: number | undefined}>
  workspaces(): Promise<readonly {id: string; name: string; kind: string | undefined}[]>
  release(): Promise<{gitSha: string | undefined; organisation: string | undefined}>
  /** Whether it may keep a workspace's own credentials for code hosts from its processes. */
  mayWithhold(): Promise<boolean>
  /** Id of the organisation that answers, where the release tells it; lower case. */
  organisation(): Promise<string | undefined>
}

/** The state directory. */
export interface StatePort {
  readonly path: string
  /** How many rotations and onboardings have something left to do. Throws `OpsError`. */
  unfinished(): Promise<{rotations: number; onboardings: number}>
}

/** Everything that is looked at; what is not configured is undefined. */
export interface DoctorPorts {
  config:
    | {
        file: string
        secret: string
        agents: readonly {name: string; workspace: string}[]
        /** Where agents find their work: repositories, each once, and the label of approved issues. */
        work?: {repos: readonly string[]; label: string}
      }
    | undefined
  gitea: (() => Promise<GiteaPort>) | undefined
  admin: (() => Promise<AdminPort>) | undefined
  platform: (() => Promise<PlatformPort>) | undefined
  state: () => Promise<StatePort>
  /** ms since the epoch. */
  now(): number
}
