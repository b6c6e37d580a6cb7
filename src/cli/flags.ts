import {boolean, custom, integer, option, string} from '@oclif/core/flags'
import {LONGEST, formatDuration, parseDuration} from '../config/duration.ts'
import {nothing, OpsError} from '../errors.ts'
import {excerpt} from '../secret.ts'

/** The largest id or count that a flag takes: all that JavaScript counts exactly. */
export const MOST = Number.MAX_SAFE_INTEGER

/** Answers every question with yes; without a terminal nothing is written without it. */
export const yes = () => boolean({char: 'y', description: 'go ahead without asking'})

/** Stops after the plan. */
export const dryRun = () => boolean({description: 'show the plan and stop; nothing is changed'})

/** Where Gitea is, for use without a configuration. */
export const giteaUrl = () =>
  string({description: 'root URL of Gitea or Forgejo, instead of the one in patrol.yaml', helpValue: 'URL'})

/** Whose routes are meant. */
export const forge = (more: {exclusive?: string[]} = {}, unnamed = '') =>
  option({
    description: `whose routes: Gitea's or Forgejo's${unnamed && ` ${unnamed}`}`,
    options: ['gitea', 'forgejo'] as const,
    ...more,
  })()

/** Which release is meant. */
export const giteaVersion = (what: string) =>
  string({description: `version of Gitea or Forgejo ${what}`, helpValue: 'VERSION'})

/** Where a token is to be read from. */
export const tokenFile = (what: string) =>
  string({description: `file that holds ${what}, or - for standard input`, helpValue: 'FILE'})

/** The repository to look at. */
export const repo = () => string({description: 'repository to look at, as owner/name', helpValue: 'OWNER/NAME'})

/** Secret files that others can read are refused. */
export const strict = () => boolean({description: 'refuse secret files that other users can read'})

/** Plain HTTP outside loopback. */
export const insecureHttp = () => boolean({description: 'allow http: outside loopback'})

/** Findings are shown but not judged. */
export const exitZero = () => boolean({description: 'exit 0 in spite of findings'})

/** Paths that are passed over. */
export const exclude = () =>
  string({
    description: 'leave out what matches, by its path from here',
    helpValue: 'GLOB',
    multiple: true,
    multipleNonGreedy: true,
  })

/** Waiting for people is left to later. */
export const noWait = () => boolean({description: "do not wait for a human's approval; park and exit 8"})

/** How the swarm-pull path is proven. */
export const swarmVia = () =>
  option({
    description: 'how the agent itself is asked for proof; none leaves that path not proven',
    options: ['a2a', 'schedule', 'none'] as const,
    default: 'a2a',
  })()

/** A duration such as 24h, in ms, of at most `longest`. */
export const duration = custom<number, {longest: number}>({
  helpValue: 'DURATION',
  async parse(text, _, {longest}) {
    const ms = parseDuration(text, longest)
    if (ms !== undefined) return ms
    throw new OpsError('USAGE', {
      what: `"${excerpt(text, 40)}" is not a duration of at most ${formatDuration(longest)}; write it as 30s, 15m, 24h or 7d.`,
      state: nothing('called'),
    })
  },
})

/** How many of so many may fail before nothing more is begun. */
export type FailureBudget = (of: number) => number

/** `3`, or `10%` of those that were planned; at least one, since before the first failure there is nothing to stop for. */
const failureBudget = custom<FailureBudget>({
  helpValue: 'N|P%',
  async parse(text) {
    const [, digits = '', percent = ''] = /^(\d{1,6})(%?)$/.exec(text) ?? []
    const number = Number(digits)
    if (number > 0 && (percent === '' || number <= 100)) {
      return (of) => (percent === '' ? number : Math.max(1, Math.floor((of * number) / 100)))
    }
    throw new OpsError('USAGE', {
      what: `"${excerpt(text, 40)}" is no number of agents; write it as 3 or 10%, with 1 to stop at the first failure.`,
      state: nothing('called'),
    })
  },
})

/** Where a minted value goes. */
export const delivery = {
  'output-file': string({
    description: 'new file for the value (mode 0600)',
    helpValue: 'FILE',
    exclusive: ['print-token'],
  }),
  'print-token': boolean({description: 'show the value on this terminal instead'}),
}

/** Guards that may be waived, each by its own flag. */
export const waivers = {
  'allow-active-tasks': boolean({description: 'go on although a restart destroys tasks in flight'}),
  'allow-dangerous-scopes': boolean({description: 'go on although the profile lets an agent mint or administer'}),
  'allow-foreign-rotation': boolean({description: 'replace what another machine minted for this agent, too'}),
  'allow-site-admin': boolean({description: "go on although the agent's user is a site administrator"}),
  'allow-unknown-kind': boolean({description: 'go on although the platform tells no kind (it might be the concierge)'}),
  'allow-unproven-holders': boolean({
    description: 'revoke the old token although others may run on it and would stop',
  }),
}

/** A push of a token that Gitea speaks against. */
export const allowBrokenAgent = () =>
  boolean({description: 'store the token although the agent may be unable to work with it after its next start'})

/** The waivers as the rotation room names them. */
export function waived(flags: {[name in keyof typeof waivers]?: boolean}) {
  return {
    activeTasks: flags['allow-active-tasks'] ?? false,
    dangerousScopes: flags['allow-dangerous-scopes'] ?? false,
    foreignRotation: flags['allow-foreign-rotation'] ?? false,
    siteAdmin: flags['allow-site-admin'] ?? false,
    unknownKind: flags['allow-unknown-kind'] ?? false,
    unprovenHolders: flags['allow-unproven-holders'] ?? false,
  }
}

/** The flags of a whole rotation. */
export const rotateFlags = {
  ...waivers,
  all: boolean({description: 'every agent of patrol.yaml'}),
  'dry-run': dryRun(),
  'from-audit': string({
    description: 'the agents that an audit wants rotated: its JSON or NDJSON, or - for standard input',
    helpValue: 'FILE',
  }),
  'max-failures': failureBudget({description: 'begin nothing more once so many agents have failed'}),
  'no-wait': noWait(),
  'on-proof-failure': option({
    description: 'put the old token back where that is possible, or keep both',
    options: ['rollback', 'keep'] as const,
    default: 'rollback' as const,
  })(),
  overlap: duration({
    description: 'how long the old token goes on working after the proof; with 0s it is revoked right then',
    longest: LONGEST.overlap,
    default: 0,
    defaultHelp: async () => '0s',
  }),
  profile: string({description: 'only agents of this profile', helpValue: 'PROFILE'}),
  rule: string({
    description: 'of those, who has a finding of this rule',
    dependsOn: ['from-audit'],
    helpValue: 'RULE',
    multiple: true,
    multipleNonGreedy: true,
  }),
  strict: strict(),
  supersede: integer({
    description: 'id of a token to replace, besides earlier ones of patrol',
    helpValue: 'ID',
    min: 1,
    max: MOST,
    multiple: true,
  }),
  'swarm-via': swarmVia(),
  verbose: boolean({description: 'show every call of the plan for several agents, too'}),
  yes: yes(),
}

/** The flags of an onboarding. */
export const onboardFlags = {
  ...waivers,
  concurrency: integer({description: 'how many agents at a time', default: 1, min: 1, max: 32}),
  'dry-run': dryRun(),
  from: string({description: 'file of agents, one to a line, or - for standard input', helpValue: 'FILE'}),
  list: boolean({description: 'show the unfinished ones instead'}),
  'no-wait': noWait(),
  strict: strict(),
  'swarm-via': option({
    description: 'how the agent itself is asked for proof',
    options: ['a2a', 'schedule'] as const,
    default: 'a2a' as const,
  })(),
  'workspace-token-dir': string({
    description: "keep each workspace's own token for its machine, in DIR/AGENT/.auth_token",
    helpValue: 'DIR',
  }),
  yes: yes(),
}

/** What those flags choose, for so many agents: what one of several waits for a person about holds up no other. */
export function choicesOf(
  flags: {[name in keyof typeof waivers]?: boolean} & {
    'no-wait'?: boolean
    'on-proof-failure': 'rollback' | 'keep'
    'swarm-via': 'a2a' | 'schedule' | 'none'
    overlap: number
    supersede?: number[] | undefined
  },
  agents = 1,
) {
  return {
    via: flags['swarm-via'],
    overlapMs: flags.overlap,
    onProofFailure: flags['on-proof-failure'],
    approval: flags['no-wait'] || agents > 1 ? ('park' as const) : ('wait' as const),
    supersede: flags.supersede ?? ('deployed' as const),
    waive: waived(flags),
  }
}

/** What a sandbox simulates. */
export const sandboxFlags = {
  gitea: option({
    description: 'Gitea or Forgejo version to simulate',
    options: [
      ...(['1.20.6', '1.21.11', '1.22.6', '1.23.8', '1.24.7', '1.25.4', '1.26.4', '1.27.0'] as const),
      ...(['forgejo-11', 'forgejo-15'] as const),
    ],
    default: '1.22.6' as const,
  })(),
  release: option({
    description: 'platform release, by its day in 2026',
    options: ['april', 'june02', 'june13', 'june28', 'aug14'] as const,
    default: 'aug14' as const,
  })(),
  mode: option({
    description: 'how the platform is run',
    options: ['docker', 'saas'] as const,
    default: 'saas' as const,
  })(),
}

/** Who is in a sandbox. */
export const populationFlags = {
  agents: integer({
    description: 'generate this many agents with every kind of finding among them, instead of the incident',
    helpValue: 'N',
    min: 1,
    max: 100_000,
  }),
  'new-agents': integer({
    description: 'agents that stand in patrol.yaml alone: agent-new, agent-new-2 and so on',
    exclusive: ['agents'],
    helpValue: 'N',
    min: 0,
    max: 1000,
    default: 1,
  }),
  seed: integer({description: 'which fleet to generate', dependsOn: ['agents'], helpValue: 'S', min: 0, max: MOST}),
}

/** What tells a workspace from outside who it is; inside, its environment does. */
export const self = {
  org: string({description: "organisation's UUID, where the platform has tenants", helpValue: 'UUID'}),
  'platform-url': string({description: "the platform's root URL (default: PLATFORM_URL)", helpValue: 'URL'}),
  workspace: string({description: "workspace's UUID (default: WORKSPACE_ID)", helpValue: 'ID'}),
}

/** Where a kept secret goes. */
export const outlet = {
  'output-file': string({description: 'write it to this new file, for you alone', helpValue: 'FILE'}),
  'print-token': boolean({description: 'show it even on a terminal', exclusive: ['output-file']}),
}
