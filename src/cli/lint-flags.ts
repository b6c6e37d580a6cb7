import {boolean, option, string} from '@oclif/core/flags'
import {LINT_FORMAT_NAMES} from '../report/formats/format.ts'
import {exclude, exitZero, forge, giteaVersion} from './flags.ts'

/** The flags of `patrol lint`. */
export const lintFlags = {
  'dry-run': boolean({description: 'show what --fix would do and write nothing', dependsOn: ['fix']}),
  exclude: exclude(),
  'exit-zero': exitZero(),
  'fail-on': option({
    description: 'mildest severity that makes it exit 3; what is milder is only shown',
    options: ['critical', 'high', 'medium', 'low'] as const,
    default: 'medium' as const,
  })(),
  forge: forge({}, '(default: gitea)'),
  fix: boolean({description: 'mend what can be mended safely, and show how'}),
  'gitea-version': giteaVersion('whose routes calls are checked against (default: 1.22; no server is asked)'),
  'list-rules': boolean({description: 'show all rules and stop; nothing is read'}),
  profile: string({description: 'hold every list of scopes against this profile', helpValue: 'NAME'}),
  report: string({
    description: `write a report: ${LINT_FORMAT_NAMES.join(', ')}; without a path to standard output`,
    helpValue: 'FORMAT[=PATH]',
    multiple: true,
    multipleNonGreedy: true,
  }),
  verbose: boolean({description: 'name each file that is passed over, with the reason'}),
}
