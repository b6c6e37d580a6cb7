import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {lintFlags} from '../cli/lint-flags.ts'
import {nothing, OpsError, run} from '../errors.ts'

export default class Lint extends PatrolCommand<object> {
  static override summary = 'Find provisioning mistakes before they run.'
  static override description =
    'Reads shell scripts, settings (.env, .npmrc, .netrc, INI), Dockerfiles, Makefiles, Justfiles, systemd units, workflows and other YAML and JSON with the scripts that stand in them, Terraform, Nix, Markdown runbooks and patrol.yaml, and names wrong scopes, secrets in the open, unchecked writes and calls that cannot work (--list-rules). No server is called. Low findings do not fail it (--fail-on). What could not be read is no pass, and neither is a run that found nothing to read: the exit is then 5. What is passed over is counted by kind (--verbose names it).'
  static override examples = [
    {description: 'Everything below here', command: '<%= config.bin %> lint . --exit-zero'},
    {description: 'See what can be mended', command: '<%= config.bin %> lint . --fix --dry-run --exit-zero'},
    {
      description: 'In a pull request',
      command: '<%= config.bin %> lint . --fail-on high --report sarif=lint.sarif --report github',
    },
    {description: 'Against the scopes of a profile', command: '<%= config.bin %> lint . --profile engineer'},
    {description: 'What it looks for', command: '<%= config.bin %> lint --list-rules'},
  ]
  static override strict = false
  static override args = {
    path: text({description: 'files, and directories that are searched', ignoreStdin: true}),
  }
  static override flags = lintFlags

  async run(): Promise<Outcome<object>> {
    const {argv, flags} = await this.parse(Lint)
    const {LINT_RULES} = await import('../lint/index.ts')
    if (flags['list-rules']) {
      const {rulesText} = await import('../report/rules.ts')
      this.log(rulesText(LINT_RULES, (await this.paper()).width))
      return {result: {rules: LINT_RULES}}
    }
    if (argv.length === 0) {
      const what = 'Name the files or directories to lint.'
      const advice = [run`patrol lint .`, run`patrol lint docs .gitea`]
      throw new OpsError('USAGE', {what, state: nothing('read'), advice})
    }
    const {lintRun} = await import('../context/lint.ts')
    const {lintShowing, runLint} = await import('../cli/lint-run.ts')
    const showing = lintShowing(flags, {...(await this.reporter()), ...this.teller(), signal: this.signal}, LINT_RULES)
    const linter = await lintRun(argv.map(String), flags, (said) => void this.warn(said))
    return await runLint(linter, showing)
  }
}
