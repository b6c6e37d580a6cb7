import {boolean, integer, option, string} from '@oclif/core/flags'
import {LONGEST} from '../config/duration.ts'
import {FORMAT_NAMES} from '../report/formats/format.ts'
import {duration, exitZero, strict} from './flags.ts'

const DAY_MS = 86_400_000

/** What an audit and a merge of audits have in common. */
export const reportFlags = {
  baseline: string({
    description: 'file with the findings that are accepted, by whom and until when',
    helpValue: 'FILE',
  }),
  'exit-zero': exitZero(),
  report: string({
    description: `write a report: ${FORMAT_NAMES.join(', ')}; without a path to standard output`,
    helpValue: 'FORMAT[=PATH]',
    multiple: true,
    multipleNonGreedy: true,
  }),
}

/** The flags of `patrol audit`. */
export const auditFlags = {
  ...reportFlags,
  'ask-agents': boolean({description: 'ask every agent which token it holds; each is sent one message'}),
  concurrency: integer({
    description: 'how many agents are looked at at once',
    helpValue: 'N',
    default: 16,
    min: 1,
    max: 256,
  }),
  expires: string({
    description: 'last day of what --update-baseline accepts (2027-01-31), or how long from today (90d)',
    helpValue: 'DATE',
  }),
  'fail-on': option({
    description: 'mildest severity that makes it exit 3',
    options: ['critical', 'high', 'medium', 'low'] as const,
    default: 'low' as const,
  })(),
  interval: duration({
    description: 'pause between the runs of --watch',
    longest: LONGEST.wait,
    default: 60_000,
    defaultHelp: async () => '1m',
  }),
  'list-rules': boolean({description: 'show all rules and stop; nothing is called'}),
  owner: string({description: 'who answers for what --update-baseline accepts', helpValue: 'NAME'}),
  profile: string({description: 'only agents of this profile', helpValue: 'NAME'}),
  reason: string({description: 'why --update-baseline accepts it', helpValue: 'TEXT'}),
  rps: integer({description: 'most requests per second, on each server', helpValue: 'N', min: 1, max: 100_000}),
  shard: string({description: 'only share K of N of the agents; report merge puts shares together', helpValue: 'K/N'}),
  source: option({
    description: "the administrator's listing, a probe of each known token, or both (default: what is at hand)",
    options: ['listing', 'probe', 'both'] as const,
  })(),
  strict: strict(),
  'unused-after': duration({
    description: 'from how long without use a token counts as unused',
    longest: LONGEST.age,
    default: 30 * DAY_MS,
    defaultHelp: async () => '30d',
  }),
  'update-baseline': boolean({
    description: 'accept all findings of this run in the --baseline file',
    dependsOn: ['baseline', 'owner', 'reason', 'expires'],
  }),
  watch: boolean({
    description: 'on a terminal: audit again and again, and show the table in place; q ends it',
    exclusive: ['report', 'json', 'update-baseline', 'shard'],
  }),
}
