import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {choicesOf, rotateFlags} from '../cli/flags.ts'
import type {Shell} from '../cli/attempts.ts'
import type {RotationActs} from '../cli/rotate-all.ts'
import type {RotationPlan, RotationResult} from '../rotation/index.ts'

interface Rotated {
  plans: RotationPlan[]
  rotations: RotationResult[]
}

export default class Rotate extends PatrolCommand<Rotated> {
  static override summary = "Replace agents' Gitea tokens without breaking anyone."
  static override description =
    'For each agent, one after another: mint, probe, push, restart, prove from inside the agent, revoke the old token. Nothing is revoked before the proof. Interrupted anywhere, `rotation resume` goes on. Like every run that writes, it first revokes old tokens whose overlap is over, of whatever agent, and says which.'
  static override examples = [
    {description: 'See the plan', command: '<%= config.bin %> rotate agent-dev-a --dry-run'},
    {description: 'Carry it out', command: '<%= config.bin %> rotate agent-dev-a --yes'},
    {description: 'Several, by one plan', command: "<%= config.bin %> rotate 'agent-dev-*' --dry-run"},
    {description: 'Keep the old token for a day', command: '<%= config.bin %> rotate agent-dev-b --yes --overlap 24h'},
  ]
  static override strict = false
  static override args = {agent: text({description: 'agents of patrol.yaml, by name or glob', ignoreStdin: true})}
  static override flags = rotateFlags

  async run(): Promise<Outcome<Rotated>> {
    const {argv, flags} = await this.parse(Rotate)
    const {Context} = await import('../context.ts')
    const {rotationDeps} = await import('../context/acts.ts')
    const {selectedAgents} = await import('../context/selection.ts')
    const {rotationRequest} = await import('../context/subjects.ts')
    const {planRotation, rotate} = await import('../rotation/index.ts')
    const {rotateAll} = await import('../cli/rotate-all.ts')
    const {textOf} = await import('../cli/names.ts')
    const {follow} = await import('../cli/follow.ts')
    await using context = await Context.open(this.edges(flags))
    const file = flags['from-audit']
    const audit = file === undefined ? undefined : {...(await textOf(file)), rules: flags.rule ?? []}
    const selected = selectedAgents(context, {...flags, names: argv.map(String)}, audit)
    await using shown = await follow(this.teller())
    const deps = await rotationDeps(context, shown.on)
    const acts: RotationActs = {
      async plan(agent) {
        const request = await rotationRequest(context, agent, choicesOf(flags, selected.agents.length))
        const plan = await planRotation(request, deps)
        selected.assertStill(agent.name, plan.deployed)
        return {request, plan}
      },
      server: () => this.introduced(context),
      rotate: (request) => rotate(request, deps),
    }
    const agreed: Shell['agreed'] = (plan, question) => this.agreed(plan, question, flags)
    const papers = {paper: await this.paper(), aside: await this.paper(process.stderr)}
    return await rotateAll(selected, acts, {...this.teller(), ...shown, ...papers, agreed, flags})
  }
}
