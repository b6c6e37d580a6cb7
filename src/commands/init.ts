import {resolve} from 'node:path'
import {string} from '@oclif/core/flags'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {giteaUrl, repo, yes} from '../cli/flags.ts'

const reference = (what: string) =>
  string({description: `reference to ${what}, never the value`, helpValue: 'env:NAME'})

export default class Init extends PatrolCommand<{file: string; agents: string[]}> {
  static override summary = 'Write a first patrol.yaml.'
  static override description =
    'Asks where Gitea or Forgejo and the platform are, who administers them and which agents there are, checks the answers and writes the file; an existing one is never touched. Without a terminal, or with --yes, flags say it all.'
  static override examples = [
    {description: 'Be asked', command: '<%= config.bin %> init'},
    {
      description: 'From a script',
      command:
        '<%= config.bin %> init --yes --output new.yaml --gitea-url https://git.example.org --repo acme/core --agent agent-dev-a',
    },
  ]
  static override flags = {
    'admin-password': reference("the administrator's password"),
    'admin-token': reference("the administrator's token, instead of the password"),
    'admin-user': string({description: 'login of a site administrator', helpValue: 'NAME'}),
    agent: string({description: 'an agent of the fleet', helpValue: 'NAME', multiple: true}),
    'gitea-url': giteaUrl(),
    org: string({description: 'organisation on the platform, a UUID', helpValue: 'UUID'}),
    output: string({description: 'file to write', helpValue: 'FILE', default: 'patrol.yaml'}),
    'platform-token': reference("the platform's token"),
    'platform-url': string({description: "the platform's root URL", helpValue: 'URL'}),
    repo: repo(),
    secret: string({description: "workspace secret that holds an agent's token (GITEA_TOKEN)", helpValue: 'KEY'}),
    yes: yes(),
  }

  async run(): Promise<Outcome<{file: string; agents: string[]}>> {
    const {flags} = await this.parse(Init)
    const {interview, saidBy} = await import('../cli/interview.ts')
    const {checkText, draftConfig} = await import('../config/read.ts')
    const {secretKeyAt} = await import('../context/secret-key.ts')
    const {createPrivately, refuseUnwritable} = await import('../files.ts')
    const file = resolve(flags.output)
    await refuseUnwritable(file)
    const answers = await interview(saidBy(flags), this.asking(flags), (platform) =>
      secretKeyAt(platform, this.edges(flags)),
    )
    const text = draftConfig(answers)
    checkText(text, file)
    await createPrivately(file, text)

    const {tint} = await this.paper()
    this.log(`${tint.good('✓ written')} ${file}, for ${answers.agents.length} agents.`)
    this.log(`Type next:\n  ${tint.command('patrol config check')}\n  ${tint.command('patrol doctor')}`)
    return {result: {file, agents: [...answers.agents]}}
  }
}
